#!/usr/bin/env python3
"""Writes names.json: which names are one model's, names that are in use, and leaderboard scores.

    python3 crates/providers/catalog/names.py [FOLDER]

FOLDER is as for extract.py. Only facts are taken over. `models` are ids with the names that their
sources themselves link (OpenRouter: the id, its dated slug, the repository of the weights and the
display name), and links written by hand below; `seen` are names of first-party lists and price lists,
so that the days of snapshots are known; `scores` are a leaderboard's figures under its own names.
"""
import csv
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[3] / "shared" / "catalog"

# What a source links wrongly: a sister's slug, the weights that a model was made from.
WRONG = {"z-ai/glm-4.6-20251208", "google/gemini-2.5-pro-preview-03-25", "FuseAI/FuseO1-DeepSeekR1-QwQ-SkyT1-32B-Preview"}
# What no source links and no rule can know.
LINKS = {
    "anthropic/claude-3.5-sonnet-20241022": ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet-v2", "claude-3-5-sonnet-v2-20241022", "Claude Sonnet 3.5 v2", "Claude 3.5 Sonnet v2"],
    "google/gemini-2.5-flash-image": ["Nano Banana"],
    "google/gemini-3-pro-image-preview": ["Nano Banana Pro"],
    "google/gemini-3.1-flash-image-preview": ["Nano Banana 2"],
    "deepseek/deepseek-chat": ["deepseek-ai/DeepSeek-V3", "deepseek-v3"],
    "qwen/qwen2.5-max": ["qwen-max-2025-01-25", "Qwen2.5-Max"],
    "x-ai/grok-3": ["Grok-3-Preview-02-24"],
    "sao10k/l3.1-euryale-70b": ["Sao10K/L3.1-70B-Euryale-v2.2"],
    "sao10k/l3-euryale-70b": ["Sao10K/L3-70B-Euryale-v2.1", "Sao10K/L3-70B-Euryale-v2.1-turbo"],
    "thedrummer/rocinante-12b": ["TheDrummer/Rocinante-12B-v1.1"],
    "moonshotai/kimi-k2": ["moonshotai/Kimi-K2-Instruct", "kimi-k2-0711-preview"],
    "mistralai/mistral-nemo": ["open-mistral-nemo"],
    "mistralai/mistral-7b-instruct-v0.1": ["open-mistral-7b"],
    "microsoft/phi-3-mini-128k-instruct": ["Phi-3-mini-instruct (128k)"],
}
# Rows of their own for what is one model.
SAME = {"openai/gpt-4o-mini-2024-07-18": "openai/gpt-4o-mini"}
PLAIN = {"openai", "azure", "anthropic", "gemini", "vertex_ai-language-models", "vertex_ai-anthropic_models", "xai", "mistral",
         "dashscope", "deepseek", "zai", "moonshot", "cohere", "cohere_chat", "groq", "cerebras", "voyage", "bedrock",
         "bedrock_converse", "perplexity", "azure_ai", "together_ai", "deepinfra", "fireworks_ai"}


def load(name):
    with open(FOLDER / name, encoding="utf-8") as file:
        return json.load(file)


def main():
    models = {}
    for row in load("openrouter_models.json")["data"]:
        stem = row["id"].split(":")[0].lstrip("~")
        stem = SAME.get(stem, stem)
        names = models.setdefault(stem, [])
        for name in (row["canonical_slug"], row.get("hugging_face_id"), re.sub(r"\s*\(free\)", "", row["name"])):
            if name and name not in WRONG and name not in names and name.lstrip("~") != stem:
                names.append(name.strip())
    for stem, names in LINKS.items():
        known = models.setdefault(stem, [])
        known += [name for name in names if name not in known]
    seen = set()
    for name, row in load("litellm_models.json").items():
        last = name.split("/")[-1]
        if row.get("litellm_provider") in PLAIN and "ft:" not in name and not name.startswith("together-ai"):
            last = re.sub(r"^(us|eu|apac|au|jp|global|us-gov)\.", "", last)
            # Account paths say which weights are untuned; the name alone would not.
            seen.add(name.removeprefix("fireworks_ai/") if "accounts/" in name else last)
    for shelf, row in load("models_dev.json").items():
        if shelf != "openrouter":
            seen |= {model.split("/")[-1] if "accounts/" not in model else model for model in row["models"]}
    with open(FOLDER / "lmarena_text.csv", encoding="utf-8", newline="") as file:
        seen |= {row["model"] for row in csv.DictReader(file)}
    scores = {}
    for board in ("text", "vision"):
        with open(FOLDER / f"lmarena_{board}.csv", encoding="utf-8", newline="") as file:
            scores[f"lmarena-{board}"] = [
                [row["model"], int(row["arena_score"]), int(row["votes"])] for row in csv.DictReader(file)
            ]
    sources = {"lmarena-text": "LMArena text leaderboard", "lmarena-vision": "LMArena vision leaderboard"}

    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def rows(all_rows):
        return "[\n" + ",\n".join(line(row) for row in all_rows) + "]"

    names_of = sorted([stem, *names] for stem, names in models.items())
    out = "{" + f'"date":"2025-08-21","sources":{line(sources)},\n"models":{rows(names_of)},\n"seen":{rows(sorted(seen))},\n"scores":' + "{"
    out += ",\n".join(f"{line(board)}:{rows(all_rows)}" for board, all_rows in scores.items()) + "}}\n"
    json.loads(out)
    (HERE / "names.json").write_text(out, encoding="utf-8")
    print(f"{len(out.encode()) // 1024} KiB: {len(names_of)} models, {len(seen)} names, {sum(map(len, scores.values()))} scores")


if __name__ == "__main__":
    main()
