"""Deliveries with signatures right and wrong, and what Stripe's own library says.

Prints the library's version, then one JSON object a line:
{"kind", "secrets", "header", "body", "now", "accepted"}. The same ones every
time. The Rust side, which judges the same deliveries and compares, is
functions/stripe-webhook/src/signature/tests/official_library.rs.
"""

import hashlib
import hmac
import json
import random
import sys
from importlib.metadata import version

import stripe
import stripe._webhook

CASES = 5000
TOLERANCE = 300
NOW = 1_800_000_000
SECRETS = ["whsec_new_0123456789abcdef", "whsec_old_0123456789abcdef"]
ALPHABET = "0123456789abcdefABCDEFGtv=,.+-_ \té٣"


def digest(secret, time, body):
    return hmac.new(secret.encode(), f"{time}.{body}".encode(), hashlib.sha256).hexdigest()


def accepts(secrets, header, body, now):
    stripe._webhook.time.time = lambda: now
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE)
            return True
        except stripe.SignatureVerificationError:
            pass
        except TypeError:
            # hmac.compare_digest takes no text beyond ASCII; nothing is accepted.
            pass
    return False


def mutated(pick, text):
    at = pick.randrange(len(text) + 1)
    match pick.randrange(4):
        case 0:
            return text[:at] + pick.choice(ALPHABET) + text[at:]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + pick.choice(ALPHABET) + text[at + 1 :]
        case _:
            return text[:at]


def random_body(pick):
    letters = 'abc{}[]":,.0123 \n\tü€😀\x00'
    return "".join(pick.choice(letters) for _ in range(pick.randrange(200)))


def case(pick, number):
    """Kind, secrets, header, body and now of one delivery."""
    body = random_body(pick)
    time = NOW - pick.randrange(TOLERANCE + 1)
    now = NOW
    secrets = SECRETS[: pick.choice([1, 2])]
    new = digest(SECRETS[0], time, body)
    old = digest(SECRETS[1], time, body)
    other = digest("whsec_somebody_else_0123", time, body)
    header = f"t={time},v1={new}"
    shapes = {
        "valid": lambda: header,
        "turned round": lambda: f"v1={new},t={time}",
        "rolled": lambda: f"t={time},v1={old}",
        "both": lambda: f"t={time},v1={old},v1={new}",
        "another's": lambda: f"t={time},v1={other}",
        "another's and ours": lambda: f"t={time},v1={other},v1={new}",
        "v0 alone": lambda: f"t={time},v0={new}",
        "v0 beside": lambda: f"t={time},v1={new},v0={other}",
        "scheme beside": lambda: f"t={time},v1={new},v2=a=b=c",
        "capitals": lambda: f"t={time},v1={new.upper()}",
        "short": lambda: f"t={time},v1={new[:-1]}",
        "empty v1": lambda: f"t={time},v1=",
        "empty v1 beside": lambda: f"t={time},v1=,v1={new}",
        "tail": lambda: f"t={time},v1={new}=tail",
        "time with tail": lambda: f"t={time}=tail,v1={new}",
        "plus": lambda: f"t=+{time},v1={new}",
        "zero": lambda: f"t=0{time},v1={new}",
        "underscore": lambda: f"t={str(time)[:3]}_{str(time)[3:]},v1={new}",
        "other digits": lambda: f"t={''.join(chr(0x660 + int(digit)) for digit in str(time))},v1={new}",
        "space before time": lambda: f"t= {time},v1={new}",
        "space between": lambda: f"t={time}, v1={new}",
        "space at the start": lambda: f" t={time},v1={new}",
        "space at the end": lambda: f"t={time},v1={new} ",
        "space in another part": lambda: f"t={time},v1={new}, v0=1",
        "comma at the end": lambda: f"t={time},v1={new},",
        "two commas": lambda: f"t={time},,v1={new}",
        "part without value": lambda: f"t={time},v1={new},part",
        "part without name": lambda: f"t={time},v1={new},=part",
        "beyond ASCII beside": lambda: f"t={time},v1={new},é=1",
        "time again": lambda: f"t={time},v1={new},t={time}",
        "another time after": lambda: f"t={time},v1={new},t=1",
        "another time before": lambda: f"t=1,t={time},v1={new}",
        "no time": lambda: f"v1={new}",
        "no header": lambda: "",
        "many parts": lambda: header + ",v0=1" * pick.randrange(10, 40),
        "long": lambda: header + ",v0=" + "1" * pick.randrange(1900, 2200),
        "negative": lambda: f"t=-{time},v1={digest(SECRETS[0], -time, body)}",
    }
    kinds = list(shapes) + ["changed header", "changed body", "changed time", "then", "valid"]
    kind = kinds[number % len(kinds)]
    if kind in shapes:
        header = shapes[kind]()
    elif kind == "changed header":
        header = mutated(pick, header)
    elif kind == "changed body":
        body = mutated(pick, body)
    elif kind == "changed time":
        header = f"t={time + pick.randrange(-2, 3)},v1={new}"
    else:
        # Around both ends of the tolerance, and far away.
        now = time + pick.choice([-1, 1]) * pick.choice([0, 299, 300, 301, 302, 100_000])
    return kind, secrets, header, body, now


def main():
    pick = random.Random(1)
    sys.stdout.reconfigure(encoding="utf-8")
    print(version("stripe"))
    for number in range(CASES):
        kind, secrets, header, body, now = case(pick, number)
        delivery = {"kind": kind, "secrets": secrets, "header": header, "body": body, "now": now}
        print(json.dumps({**delivery, "accepted": accepts(secrets, header, body, now)}))


main()
