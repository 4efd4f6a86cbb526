"""Runs checkov over the templates and compares what it finds with the waivers in
infra/rules/checkov.yaml. Prints what was checked, or exits with 1.
"""

import json
import os
import subprocess
import sys

import yaml

from templates import ROOT, sources


def findings(path):
    """Rule and type of each resource that fails, and how many checks passed."""
    # It would look for a newer version of itself otherwise.
    quiet = {**os.environ, "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false", "LOG_LEVEL": "ERROR"}
    command = ["checkov", "--file", path, "--framework", "cloudformation", "--output", "json", "--compact", "--quiet", "--soft-fail", "--skip-download"]
    ran = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=True)
    report = json.loads(ran.stdout)
    report = report if isinstance(report, list) else [report]
    failed = [it for part in report for it in part.get("results", {}).get("failed_checks", [])]
    passed = sum(part.get("summary", part)["passed"] for part in report)
    return [(it["check_id"], it["resource"].rsplit(".", 1)) for it in failed], passed


def main():
    waivers = yaml.safe_load((ROOT / "infra/rules/checkov.yaml").read_text())
    unused = {(it["rule"], it["of"]) for it in waivers}
    waived = set(unused)
    problems = [f"{it['rule']} of {it['of']} is waived without a reason" for it in waivers if not it.get("reason", "").strip()]
    checks = 0
    for path in sources():
        failed, passed = findings(path)
        checks += passed + len(failed)
        for rule, (kind, name) in failed:
            unused.discard((rule, kind))
            if (rule, kind) not in waived:
                problems.append(f"{path}: {name} breaks {rule}: mend it, or waive it in infra/rules/checkov.yaml with a reason")
    problems += [f"{rule} of {kind} is waived and breaks nowhere: remove it" for rule, kind in sorted(unused)]
    if checks < 40:
        problems.append(f"only {checks} checks ran")
    print("\n".join(problems) or f"{checks} checks of checkov pass or are waived, {len(waived)} rules with a reason")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
