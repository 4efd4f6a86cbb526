"""Packs what `sam build` has built as it would be uploaded, prints what each
archive weighs, and fails where one is missing or heavier than it may be: what
is loaded at every cold start must not grow unseen.

    python3 tests/outside/weigh.py [folder of the build]
"""

import io
import pathlib
import sys
import zipfile

# Bytes per archive.
LIMITS = {
    "CreditsFunction": 2_800_000,
    "ProfileFunction": 2_800_000,
    # A client of the issuer, with the roots that browsers trust.
    "TokenFunction": 3_100_000,
    "SignUpFunction": 2_800_000,
    # A client of Stripe's API, with the roots that browsers trust.
    "BillingFunction": 3_100_000,
    # Nobody waits for it. Connections to receivers, with the roots that browsers trust.
    "NotifyFunction": 4_000_000,
    # A schedule waits for it. The audits of the operator's tools.
    "WatchFunction": 4_000_000,
    # The planner of Stripe's events: books, prorations, settlements, credit notes;
    # and a client of Stripe's API, with the roots that browsers trust.
    "StripeWebhookFunction": 3_100_000,
}


def zip_bytes(bootstrap: pathlib.Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.write(bootstrap, "bootstrap")
    return len(archive.getvalue())


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".aws-sam/build")
    failed = False
    for function, limit in LIMITS.items():
        bootstrap = folder / function / "bootstrap"
        if not bootstrap.is_file():
            print(f"{bootstrap} is missing: sam build makes it")
            failed = True
            continue
        weight = zip_bytes(bootstrap)
        verdict = "ok" if weight <= limit else "TOO HEAVY: find out what came along, or raise the limit and say why"
        failed |= weight > limit
        print(f"{function}: {weight:,} bytes packed, {bootstrap.stat().st_size:,} unpacked, at most {limit:,}: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
