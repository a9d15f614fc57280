#!/usr/bin/env python3
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of docs/kernels.md from what the tests noted: packaging/kernels/table.py BUILD_FOLDER DOCUMENT

Run ./check --kernels first: the consoles of its machines are in BUILD_FOLDER/kernels. This machine's own kernel is asked here, by
running the same programs.
"""
import os
import pathlib
import re
import subprocess
import sys

SECTIONS = {
    "shipped": "Shipped probes, as root",
    "capabilities": "Shipped probes, as nobody with `cap_bpf,cap_perfmon`",
    "hook": "Probes of one's own, as root",
    "again": "A program attached again after everything was dropped",
}
PROGRAMS = ("tst_kernel_shipped", "tst_kernel_hooks", "tst_kernel_rights")
BEGIN, END = "<!-- made by packaging/kernels/table.py: begin -->", "<!-- end -->"


def notes(lines):
    """(section, what) -> how"""
    found = {}
    for line in lines:
        match = re.match(r"NOTE (\w+): (.*)\|(.*)$", line.strip())
        if match:
            found[(match[1], match[2])] = match[3]
    return found


def kernels(build):
    """kernel release -> notes, oldest first, this machine's last"""
    columns = {}
    for log in build.glob("kernels/*.log"):
        lines = log.read_text(errors="replace").replace("\r", "").split("\n")
        release = next((line[7:] for line in lines if line.startswith("KERNEL ")), None)
        if release and notes(lines):
            columns[release] = notes(lines)
    columns = dict(sorted(columns.items(), key=lambda item: [int(n) for n in re.findall(r"\d+", item[0])[:3]]))
    lines = []
    for program in PROGRAMS:
        path = build / "tests" / program
        if path.exists():
            result = subprocess.run([path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
            lines += result.stdout.split("\n")
    own = re.match(r"[0-9.]*", os.uname().release)[0].rstrip(".")
    columns[own + " (development machine)"] = notes(lines)
    return columns


def table(columns, section):
    """Reasons are long and mostly the same, so that they stand below the table, numbered."""
    rows = dict.fromkeys(what for found in columns.values() for where, what in found if where == section)
    reasons = []
    out = ["| |" + "".join(f" {release} |" for release in columns), "|---|" + "---|" * len(columns)]
    for what in rows:
        cells = []
        for found in columns.values():
            how = found.get((section, what), "not run")
            answer, _, reason = how.partition(": ")
            if reason and reason not in reasons:
                reasons.append(reason)
            cells.append(answer + (f" ({reasons.index(reason) + 1})" if reason else ""))
        out.append(f"| `{what}` |" + "".join(f" {cell} |" for cell in cells))
    return out + ([""] if reasons else []) + [f"{i}. {reason}" for i, reason in enumerate(reasons, 1)]


def main():
    build, document = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    columns = kernels(build)
    text = [BEGIN]
    for section, title in SECTIONS.items():
        text += ["", f"### {title}", ""] + table(columns, section)
    old = document.read_text()
    begin, end = old.index(BEGIN), old.index(END)
    document.write_text(old[:begin] + "\n".join(text).rstrip() + "\n\n" + old[end:])


if __name__ == "__main__":
    main()
