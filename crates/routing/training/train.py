#!/usr/bin/env python3
"""Fits the weights of `Classified.strength` to recorded outcomes, and says how good they are on what they have not seen.

    pip install numpy scikit-learn
    cargo build -p routing --example features
    python crates/routing/training/train.py DATA            # writes src/classify/weights.txt, prints the evaluation
    python crates/routing/training/train.py DATA --evaluate # prints only

DATA holds `llmrouter_train.json` (rows of `question` and `scores` by model) and `mmlu/mmlu_SUBJECT.csv` (a prompt, and
whether a weak and a strong model answered it right). No text of theirs is written anywhere.
"""

import collections
import csv
import glob
import json
import os
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
WEAK = ["gemma-2-9b-it", "llama-3.1-8b-instruct", "mistral-7b-instruct-v0.3", "qwen2.5-7b-instruct"]
STRONG = ["llama-3.1-nemotron-51b-instruct", "llama-3.3-nemotron-super-49b-v1"]
RIDGE = 3000.0
# A set with one pair of models has noisy labels, and rows of its own kind: the nine models of the other count more.
MMLU_WEIGHT = 0.5
TREES = dict(max_iter=100, learning_rate=0.05, max_leaf_nodes=6, min_samples_leaf=80, l2_regularization=20,
             early_stopping=False, random_state=0)


def looks(prompts):
    """The numbers that the program itself computes."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    lines = "".join(json.dumps({"prompt": p}) + "\n" for p in prompts)
    out = subprocess.run([os.path.join(target, "debug", "examples", "features")], input=lines, text=True,
                         capture_output=True, check=True).stdout
    return np.array([json.loads(line) for line in out.splitlines()], dtype=np.float64)


def mmlu(folder):
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "mmlu", "*.csv"))):
        subject = os.path.basename(path)[5:-4]
        with open(path, newline="") as file:
            reader = csv.reader(file)
            next(reader)
            rows += [(subject, prompt, float(weak == "True"), float(strong == "True")) for prompt, weak, strong in reader]
    return [np.array(c) if i != 1 else list(c) for i, c in enumerate(zip(*rows))]


def llmrouter(folder):
    with open(os.path.join(folder, "llmrouter_train.json")) as file:
        rows = json.load(file)
    score = lambda names: np.array([[r["scores"][n] for n in names] for r in rows])
    weak, strong = score(WEAK).mean(1), score(STRONG).mean(1)
    # The weakest of the weak shows a gap where the others are as good as the strong.
    weakest = score(["mistral-7b-instruct-v0.3"])[:, 0]
    return [r["question"] for r in rows], weak, strong, weakest


def area(strength, weak, strong):
    """APGR: the area under the share of the gap that is closed, over the share of calls to the strong model."""
    gain = strong - weak
    _, group, count = np.unique(strength, return_inverse=True, return_counts=True)
    even = (np.bincount(group, gain) / count)[group]
    curve = np.concatenate([[0], np.cumsum(even[np.argsort(-strength, kind="stable")])]) / gain.sum()
    return float(np.mean((curve[1:] + curve[:-1]) / 2))


def calls_for(strength, weak, strong, share):
    """CPT: the least share of strong calls that closes this share of the gap."""
    gain = (strong - weak)[np.argsort(-strength, kind="stable")]
    return float((np.argmax(np.cumsum(gain) / gain.sum() >= share) + 1) / len(gain))


class Model:
    """A line through the numbers, and small trees over them; the mean of both."""

    def __init__(self, x, y, weight):
        from sklearn.ensemble import HistGradientBoostingRegressor
        self.mean, self.scale = x.mean(0), x.std(0)
        self.scale[self.scale < 1e-6] = 1.0
        z = self.scaled(x)
        w = weight / weight.mean()
        self.bias = float(np.average(y, weights=w))
        centre = np.average(z, axis=0, weights=w)
        gram = ((z - centre) * w[:, None]).T @ (z - centre) + RIDGE * np.eye(z.shape[1])
        self.line = np.linalg.solve(gram, ((z - centre) * w[:, None]).T @ (y - self.bias))
        self.bias -= float(centre @ self.line)
        self.trees = HistGradientBoostingRegressor(**TREES).fit(x, y, sample_weight=w)

    def scaled(self, x):
        # What lies far outside of what was seen tells no more than its edge.
        return np.clip((x - self.mean) / self.scale, -4.0, 4.0)

    def parts(self, x):
        return self.scaled(x) @ self.line + self.bias, self.trees.predict(x)

    def gain(self, x):
        line, trees = self.parts(x)
        return (line + trees) / 2


def fit(sets):
    """Each set is (numbers, gain, weight of a row)."""
    x = np.vstack([s[0] for s in sets])
    y = np.concatenate([s[1] for s in sets])
    w = np.concatenate([np.broadcast_to(s[2], len(s[1])) for s in sets])
    return Model(x, y, w)


def report(name, strength, weak, strong):
    print(f"| {name} | {area(strength, weak, strong):.3f} | {calls_for(strength, weak, strong, .5):.0%} | "
          f"{calls_for(strength, weak, strong, .8):.0%} |", flush=True)


def evaluate(x, subject, weak, strong, lx, lgain, lweak, lstrong, lweakest, sort):
    print("| strength from | APGR | calls for half of the gap | for 80 % |\n| --- | --- | --- | --- |")
    report("length alone, MMLU", x[:, 0], weak, strong)
    only = fit([(lx, lgain, 1.0)])
    report("MMLU, no label of it seen", only.gain(x), weak, strong)
    line, trees = only.parts(x)
    report("(its line alone)", line, weak, strong)
    report("(its trees alone)", trees, weak, strong)
    names = np.unique(subject)
    sums, groups = {"both": np.zeros(len(weak)), "line": np.zeros(len(weak)), "trees": np.zeros(len(weak))}, []
    for turn in range(2):
        order = np.random.RandomState(turn).permutation(names)
        for at in range(5):
            test = np.isin(subject, order[at::5])
            model = fit([(x[~test], (strong - weak)[~test], MMLU_WEIGHT), (lx, lgain, 1.0)])
            line, trees = model.parts(x[test])
            sums["both"][test] += (line + trees) / 2
            sums["line"][test] += line
            sums["trees"][test] += trees
            groups.append(area((line + trees) / 2, weak[test], strong[test]))
    report("MMLU, each subject unseen", sums["both"], weak, strong)
    report("(its line alone)", sums["line"], weak, strong)
    report("(its trees alone)", sums["trees"], weak, strong)
    print(f"\nBy groups of unseen subjects: mean {np.mean(groups):.3f}, from {min(groups):.3f} to {max(groups):.3f}.\n")
    print("| kind of question, unseen (its rows left out) | rows | length alone | strength | against the weakest |\n| --- | --- | --- | --- | --- |")
    for kind in ("word problems", "formulas", "programs"):
        test = sort == kind
        model = fit([(x, strong - weak, MMLU_WEIGHT), (lx[~test], lgain[~test], 1.0)])
        gain = model.gain(lx[test])
        print(f"| {kind} | {test.sum()} | {area(lx[test, 0], lweakest[test], lstrong[test]):.3f} | "
              f"{area(gain, lweak[test], lstrong[test]):.3f} | {area(gain, lweakest[test], lstrong[test]):.3f} |", flush=True)


def kinds(prompts):
    """What sort of question a row is, by its look."""
    import re
    found = []
    for p in prompts:
        digits = len(re.findall(r"\d", p))
        if re.search(r"Write a (python )?function|^\s*(def |from |import )", p) or '"""' in p:
            found.append("programs")
        elif re.search(r"\$[^$\d][^$]*\$", p):
            found.append("formulas")
        elif digits >= 2 and 120 < len(p) < 900 and p.strip().endswith("?"):
            found.append("word problems")
        else:
            found.append("other")
    return np.array(found)


def write(model, spread, path):
    """As lines that the program reads: scale, line, trees, and what maps a gain to 0..1."""
    with open(path, "w") as out:
        print("# Fitted by crates/routing/training/train.py; do not edit.", file=out)
        number = lambda v: f"{v:.5g}"
        print("mean", *map(number, model.mean), file=out)
        print("scale", *map(number, model.scale), file=out)
        print("line", number(model.bias), *map(number, model.line), file=out)
        print("spread", *map(number, spread), file=out)
        base = float(model.trees._baseline_prediction.ravel()[0])
        print("base", number(base), file=out)
        for (tree,) in model.trees._predictors:
            nodes = []
            for n in tree.nodes:
                if n["is_leaf"]:
                    nodes.append(f"={n['value']:.5g}")
                else:
                    nodes.append(f"{n['feature_idx']}:{n['num_threshold']:.6g}:{n['left']}:{n['right']}")
            print("tree", *nodes, file=out)


def main():
    folder = sys.argv[1]
    prompts, lweak, lstrong, lweakest = llmrouter(folder)
    subject, mprompts, weak, strong = mmlu(folder)
    x, lx = looks(mprompts), looks(prompts)
    # Half of it against the mean of the weak, half against the weakest: a pair of one's own may be either.
    lgain = lstrong - (lweak + lweakest) / 2
    if os.environ.get("FAST") != "1":
        evaluate(x, subject, weak, strong, lx, lgain, lweak, lstrong, lweakest, kinds(prompts))
    if "--evaluate" in sys.argv:
        return
    model = fit([(x, strong - weak, MMLU_WEIGHT), (lx, lgain, 1.0)])
    gains = np.concatenate([model.gain(x), model.gain(lx)])
    write(model, (gains.mean(), gains.std()), os.path.join(HERE, "..", "src", "classify", "weights.txt"))


if __name__ == "__main__":
    main()
