#!/usr/bin/env python3
"""plot.py LOSS.csv... PICTURE.png: the losses of a training run, and of those that went on from it.
"""

import csv
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402  (the backend comes first)


def main(*arguments):
    *tables, picture = arguments
    rows, before = [], 0
    for table in tables:
        with open(table, newline="") as file:
            part = [{key: float(value) for key, value in row.items()}
                    for row in csv.DictReader(file)]
        rows += [{**row, "tokens": row["tokens"] + before} for row in part]
        before = rows[-1]["tokens"]
    tokens = [row["tokens"] / 1e6 for row in rows]
    figure, axes = pyplot.subplots(figsize=(6, 3), dpi=90)
    axes.plot(tokens, [row["training"] for row in rows], color="#9aa0a6", linewidth=1,
              label="a training batch (answers, and users at 0.1)")
    axes.plot(tokens, [row["held_out"] for row in rows], color="#c0392b", linewidth=1.5,
              label="held out (answers)")
    axes.set(xlabel="million tokens", ylabel="nats per token", yscale="log", ylim=(None, 4))
    axes.set_yticks([0.3, 0.4, 0.6, 1, 2, 4])
    axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    axes.grid(True, which="both", linewidth=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(picture, metadata={"Software": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
