"""Verifies messages with the Standard Webhooks library of another language.

Reads one JSON object per line: secret, headers, body, and whether the message must be
accepted. Prints a line for each.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

failed = False
for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        accepted = True
    except WebhookVerificationError:
        accepted = False
    verdict = "accepted" if accepted else "refused"
    if accepted != message["good"]:
        failed = True
        verdict += ", wrongly"
    print(f"{message['name']}: {verdict}")
sys.exit(1 if failed else 0)
