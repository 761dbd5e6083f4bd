"""What a run leaves behind: results.json with every value, report.md with a table and the verdicts."""
import json
import math

# Not in the table: numbers of their own kind, drawn in the charts or said elsewhere.
UNLISTED = ("ops",)
MEANINGS = """| figure | |
|---|---|
| iops, lat_ms, p99_ms, max_ms | as the client sees them |
| cpu_us, cpu_all_us | CPU of all daemons for each op until the client ended, and until they are settled |
| switches | context switches of all the daemons' threads for each op |
| dev_kib, flushes | KiB that went to storage and flushes for each op, until settled |
| checkpoints | of the log, that the run needed (ours) |
| client_cores | what the client itself took |
| rss_mib | resident memory after all works |
| beyond_caches_mib | of that, what is more than the caches hold |
"""


def write(directory, run):
    """`run`: the whole of it, as `runner.Run` has it."""
    directory.mkdir(parents=True)
    (directory / "results.json").write_text(json.dumps(run.as_json(), indent=1) + "\n")
    (directory / "report.md").write_text(markdown(run))


def markdown(run):
    lines = [f"# Suite {run.name}, {run.date}", ""]
    lines += [f"- {name}: {value}" for name, value in run.machine.items()]
    lines += [f"- load average: {run.load_before} before, {run.load_after} after",
              f"- rounds: {run.rounds} of {run.suite.rounds}; the median, and in brackets the lowest and highest", ""]
    for part, session in run.sessions.items():
        lines += _part(part, session)
    if run.failed:
        lines += ["Failed: " + ", ".join(run.failed), ""]
    return "\n".join(lines + [MEANINGS])


def _part(part, session):
    setting = session.setting
    names = [str(side) for side in session.sides.values()]
    lines = [f"## {part}: {setting.osds} OSD{'s' * (setting.osds > 1)}, pool size {setting.pool_size}, "
             f"{setting.pgs} PGs, {setting.auth}, store under {setting.base}", ""]
    lines += ["| work | figure | " + " | ".join(names) + (" | ratio |" if len(names) > 1 else " |"),
              "|---" * (2 + len(names) + (len(names) > 1)) + "|"]
    lines += [_row(session.samples, work, figure) for work, figure in session.samples.numbers()
              if figure not in UNLISTED]
    counted = ", ".join(f"{name} {bound.ops}" for name, bound in session.counts.items())
    return lines + ["", f"Ops, the same on either side: {counted}" if counted else "", ""]


def _row(samples, work, figure):
    cells = [f"{number(samples.median(work, figure, side))} {_brackets(samples.spread(work, figure, side))}".strip()
             for side in samples.sides]
    if len(cells) > 1:
        ratio = samples.ratio(work, figure)
        cells.append("" if math.isnan(ratio) else f"{ratio:.2f}")
    return f"| {work} | {figure} | " + " | ".join(cells) + " |"


def _brackets(spread):
    return "" if math.isnan(spread[0]) or spread[0] == spread[1] else f"({number(spread[0])} to {number(spread[1])})"


def number(value):
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def verdict_lines(verdicts):
    lines = [verdict.line() for verdict in verdicts]
    met, broken = sum(v.is_met for v in verdicts), sum(v.is_broken for v in verdicts)
    return lines + [f"verdict: {met} of {len(verdicts)} targets met; "
                    f"{f'{broken} of the bounds that must hold BROKEN' if broken else 'all bounds that must hold do'}"]
