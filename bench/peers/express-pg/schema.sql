-- One row per kind of credits a user has; what is past is kept, so queries ask
-- for what is current.
CREATE TABLE IF NOT EXISTS users (
  id text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS user_credits (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL REFERENCES users (id),
  credit_type text NOT NULL CHECK (credit_type IN ('free', 'pro')),
  is_current boolean NOT NULL DEFAULT true,
  total_milli bigint NOT NULL,
  used_milli bigint NOT NULL,
  remaining_milli bigint NOT NULL CHECK (remaining_milli >= 0),
  reset_date timestamptz
);
CREATE INDEX IF NOT EXISTS user_credits_current ON user_credits (user_id, credit_type, is_current);

CREATE TABLE IF NOT EXISTS usage (
  user_id text NOT NULL REFERENCES users (id),
  idempotency_key text NOT NULL,
  amount_milli bigint NOT NULL,
  free_used_milli bigint NOT NULL,
  pro_used_milli bigint NOT NULL,
  available_milli bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, idempotency_key)
);
