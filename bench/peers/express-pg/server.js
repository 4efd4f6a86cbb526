// The server peer: Express and a pool of ten connections to Postgres. It
// verifies tokens itself, as API Gateway does for the functions.

import { createPublicKey } from "node:crypto";
import express from "express";
import jwt from "jsonwebtoken";
import pg from "pg";
import { charge, readCredits } from "./credits.js";

const { DATABASE_URL, JWT_PUBLIC_KEY, JWT_ISSUER, JWT_AUDIENCE } = process.env;
// A JSON Web Key, as an issuer publishes it.
const publicKey = createPublicKey({ key: JSON.parse(JWT_PUBLIC_KEY), format: "jwk" });
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
pool.on("error", (error) => console.error("a waiting connection broke:", error.message));
const app = express();
app.use(express.json());

// The token's claims, if one of its scopes is the route's.
function requires(scope) {
  return (request, response, next) => {
    const [, token] = /^Bearer (.+)$/i.exec(request.get("authorization") ?? "") ?? [];
    try {
      request.claims = jwt.verify(token, publicKey, {
        algorithms: ["RS256"],
        issuer: JWT_ISSUER,
        audience: JWT_AUDIENCE,
      });
    } catch {
      return response.status(401).json({ message: "Unauthorized" });
    }
    const scopes = (request.claims.scope ?? "").split(" ");
    return scopes.includes(scope) ? next() : response.status(403).json({ message: "Forbidden" });
  };
}

app.get("/api/user/credits", requires("credits.read"), async (request, response) => {
  const credits = await readCredits(pool, request.claims.sub);
  if (!credits) return response.status(404).json({ error: "not_found" });
  return response.json(credits);
});

app.post("/api/users/:userId/charges", requires("credits.charge"), async (request, response) => {
  const key = request.get("idempotency-key");
  if (!key) return response.status(400).json({ error: "invalid_request" });
  const amount = Math.round(Number(request.body?.amount) * 1000);
  if (!(amount >= 0)) return response.status(422).json({ error: "validation_failed" });
  const { status, body } = await charge(pool, request.params.userId, key, amount);
  return response.status(status).json(body);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`http://127.0.0.1:${server.address().port}`);
});
