#!/usr/bin/env python3
"""Says what outcomes of one's own gain (`src/classify/calibrate.rs`), on a set that the weights were not fitted to.

    python crates/routing/training/calibration.py DATA

Weights are fitted to one of the two sets; some rows of the other are the outcomes, and the rest of it is the measure.
"""

import sys

import numpy as np
import train as T

# As in calibrate.rs.
TRUSTS = [400, 1500, 6000, 25000, 100000]
TRUST_IN_GAIN = 20.0
FOLDS = 5
DRAWS = 4


def solve(z, y, trust):
    centre = z.mean(0)
    left = z - centre
    ridge = np.full(z.shape[1], float(trust))
    ridge[-1] = TRUST_IN_GAIN
    return np.linalg.solve(left.T @ left + np.diag(ridge), left.T @ (y - y.mean())), centre


def run(model, x, gain, weak, strong, count, seed):
    shipped = model.gain(x)
    shipped = (shipped - shipped.mean()) / shipped.std()
    z = np.c_[model.scaled(x), shipped]
    order = np.random.RandomState(seed).permutation(len(x))
    own, rest = order[:count], order[count:]
    errors = []
    for trust in TRUSTS:
        error = []
        for fold in range(FOLDS):
            test = own[fold::FOLDS]
            others = np.setdiff1d(own, test)
            weights, centre = solve(z[others], gain[others], trust)
            error.append(((z[test] - centre) @ weights + gain[others].mean() - gain[test]) ** 2)
        errors.append(np.concatenate(error).mean())
    best = TRUSTS[int(np.argmin(errors))]
    calibrated = z[rest] @ solve(z[own], gain[own], best)[0]
    return T.area(shipped[rest], weak[rest], strong[rest]), T.area(calibrated, weak[rest], strong[rest])


def main():
    folder = sys.argv[1]
    prompts, lweak, lstrong, lweakest = T.llmrouter(folder)
    _, mprompts, weak, strong = T.mmlu(folder)
    x, lx = T.looks(mprompts), T.looks(prompts)
    of_other = T.fit([(lx, lstrong - (lweak + lweakest) / 2, 1.0)])
    of_mmlu = T.fit([(x, strong - weak, 1.0)])
    print("| set | outcomes | as shipped | calibrated |\n| --- | --- | --- | --- |")
    for count in (200, 1000):
        for name, model, rows, low, high in (
            ("MMLU", of_other, x, weak, strong),
            ("the other, weakest", of_mmlu, lx, lweakest, lstrong),
            ("the other, mean of four", of_mmlu, lx, lweak, lstrong),
        ):
            both = np.mean([run(model, rows, high - low, low, high, count, seed) for seed in range(DRAWS)], axis=0)
            print(f"| {name} | {count} | {both[0]:.3f} | {both[1]:.3f} |", flush=True)


if __name__ == "__main__":
    main()
