"""Upstream's recorded figures (upstream.jsonl; upstream.md says how they were measured), one row a case."""
import json
import os
import statistics

#: The share of the machine which others may have used in a run that counts as undisturbed, as in upstream.md.
CALM = 0.12


class Upstream:
    def __init__(self):
        self.rows = {}
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "upstream.jsonl")) as file:
            for line in file:
                row = json.loads(line)
                name, _, variant = row["case"].partition(" ")
                row["variant"] = variant.strip("[]")
                if not row["errors"]:
                    self.rows.setdefault((name, row["conc"]), []).append(row)

    def find(self, case, clients):
        """The figures of a case with a word on which they are; nothing where upstream was not measured.

        Undisturbed runs of the plain case come first, then undisturbed ones on a fresh database or without compute
        agents. Where every run was disturbed it is the one that used least CPU, since disturbance only adds.
        """
        rows = self.rows.get((case, clients), [])
        calm = [r for r in rows if r["others"] <= CALM]
        plain = [r for r in calm if not r["variant"]]
        use = plain or calm
        if use:
            kind = use[0]["variant"]
        elif rows:
            use, kind = [min(rows, key=lambda r: r["own"])], "disturbed"
        else:
            return None
        found = {key: statistics.median(r[key] for r in use) for key in ("own", "all", "p50", "p99")}
        found["kind"] = kind
        return found
