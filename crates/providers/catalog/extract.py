#!/usr/bin/env python3
"""Writes snapshot.json: what the bundled catalog knows of the presets' models.

    python3 crates/providers/catalog/extract.py [FOLDER]

FOLDER has models_dev.json, litellm_models.json and openrouter_models.json, as its README describes;
without one, `shared/catalog` beside the checkout. Only facts are taken over (ids, names, limits,
prices, abilities), in a format of our own, with their source and date. Prices become US dollars for
a million tokens, as decimal text: never a binary float. Running it again changes nothing unless the
sources did.
"""
import json
import re
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[3] / "shared" / "catalog"

SOURCES = {
    "models.dev": "models.dev (MIT)",
    "litellm": "LiteLLM model prices (MIT)",
    "openrouter": "OpenRouter model list",
}
# Our shelf -> its name at models.dev, and at LiteLLM with the prefix that its ids have there.
SHELVES = {
    "openai": ("openai", "openai", ""),
    "anthropic": ("anthropic", "anthropic", ""),
    "gemini": ("google", "gemini", "gemini/"),
    "xai": ("xai", "xai", "xai/"),
    "mistral": ("mistral", "mistral", "mistral/"),
    "groq": ("groq", "groq", "groq/"),
    "deepseek": ("deepseek", "deepseek", "deepseek/"),
    "together": (None, "together_ai", "together_ai/"),
    "azure": ("azure", None, ""),
}
MODES = {"chat", "responses", "completion", "embedding"}
MILLION = Decimal(1_000_000)
# A larger figure is a mistake of the source, not a price or a limit.
MOST_USD, MOST_TOKENS = Decimal(10_000), 100_000_000


def load(name):
    with open(FOLDER / name, encoding="utf-8") as file:
        return json.load(file, parse_float=Decimal)


def usd(value, per_token=False):
    """Dollars for a million tokens as text, or None for what is no price."""
    if value is None or isinstance(value, bool):
        return None
    amount = Decimal(value) * (MILLION if per_token else 1)
    if not amount.is_finite() or amount < 0 or amount > MOST_USD:
        return None
    text = format(amount.quantize(Decimal("0.000000001")).normalize(), "f")
    return "0" if text in ("-0", "") else text


def tokens(value):
    try:
        count = int(value)
    except (TypeError, ValueError):
        return None
    return count if 0 < count <= MOST_TOKENS else None


def known(pairs):
    return {key: value for key, value in pairs.items() if value is not None}


def day(value):
    """A day or a month as text, or None for what is neither."""
    return value if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value) else None


def row(model_id, name, context, output, price, can, source, tiers=None, batch=None, dates=None):
    # A price without its other half says nothing about a call.
    if "input" not in price:
        price = {}
    if "input" not in (batch or {}):
        batch = None
    made = {"id": model_id, "name": name if name and name != model_id else None}
    made |= {"context": tokens(context), "output_limit": tokens(output)}
    made |= {"price": price or None, "above": tiers or None, "batch": batch,
             "can": can or None, "source": source}
    return known(made | (dates or {}))


def from_models_dev(model_id, model):
    cost, limit = model.get("cost") or {}, model.get("limit") or {}
    modalities = model.get("modalities") or {}
    embeds = "embed" in model_id or "embed" in (model.get("family") or "")
    if "text" not in modalities.get("output", ["text"]) or "text" not in modalities.get("input", ["text"]):
        return None
    names = {"input": "input", "output": "output", "cached_read": "cache_read",
             "cached_write": "cache_write", "reasoning": "reasoning"}
    price = known({ours: usd(cost.get(theirs)) for ours, theirs in names.items()})
    tiers = []
    for tier in cost.get("tiers") or []:
        bound = tier.get("tier", tier)
        size = bound.get("size") if isinstance(bound, dict) else None
        prices = known({ours: usd(tier.get(theirs)) for ours, theirs in names.items()})
        if tokens(size) and prices:
            tiers.append({"tokens": tokens(size)} | prices)
    if not tiers and isinstance(cost.get("context_over_200k"), dict):
        prices = known({ours: usd(cost["context_over_200k"].get(theirs)) for ours, theirs in names.items()})
        tiers.append({"tokens": 200_000} | prices)
    can = known({
        "vision": "image" in modalities.get("input", []),
        "tools": model.get("tool_call"),
        "json": model.get("structured_output"),
        "reasoning": model.get("reasoning"),
        "embeddings": True if embeds else None,
    })
    dates = {"released": day(model.get("release_date")), "knowledge": day(model.get("knowledge"))}
    return row(model_id, model.get("name"), limit.get("context"), limit.get("output"), price, can,
               "models.dev", tiers, dates=dates)


def from_litellm(model_id, model):
    if model.get("mode") not in MODES:
        return None
    names = {"input": "input_cost_per_token", "output": "output_cost_per_token",
             "cached_read": "cache_read_input_token_cost", "cached_write": "cache_creation_input_token_cost",
             "reasoning": "output_cost_per_reasoning_token"}
    price = known({ours: usd(model.get(theirs), per_token=True) for ours, theirs in names.items()})
    embeds = model["mode"] == "embedding"
    can = known({
        "vision": model.get("supports_vision"),
        "tools": model.get("supports_function_calling"),
        "json": model.get("supports_response_schema"),
        "reasoning": model.get("supports_reasoning"),
        "embeddings": True if embeds else None,
    })
    output = None if embeds else model.get("max_output_tokens")
    made = row(model_id, None, model.get("max_input_tokens"), output, price, can, "litellm")
    return made | extra(model, made)


def extra(model, made):
    """What LiteLLM alone tells of a row: its end, and what a batch costs, of the price that is known."""
    told = {"deprecated": day(model.get("deprecation_date"))}
    price = made.get("price") or {}
    same = all(usd(model.get(f"{way}_cost_per_token"), True) == price.get(way) for way in ("input", "output"))
    batch = known({way: usd(model.get(f"{way}_cost_per_token_batches"), True) for way in ("input", "output")})
    if price and same and "input" in batch:
        told["batch"] = batch
    return known(told)


def from_openrouter(model):
    pricing, top = model.get("pricing") or {}, model.get("top_provider") or {}
    kinds = model.get("architecture") or {}
    if "text" not in kinds.get("output_modalities", ["text"]):
        return None
    names = {"input": "prompt", "output": "completion", "cached_read": "input_cache_read",
             "cached_write": "input_cache_write", "reasoning": "internal_reasoning"}
    price = known({ours: usd(pricing.get(theirs), per_token=True) for ours, theirs in names.items()})
    # 0 stands for "as the output" here.
    if price.get("reasoning") == "0":
        del price["reasoning"]
    can_do = set(model.get("supported_parameters") or [])
    can = {
        "vision": "image" in kinds.get("input_modalities", []),
        "tools": "tools" in can_do,
        "json": "structured_outputs" in can_do,
        "reasoning": "reasoning" in can_do,
    }
    created = datetime.fromtimestamp(int(model["created"]), timezone.utc).strftime("%Y-%m-%d")
    dates = {"released": created, "knowledge": day(model.get("knowledge_cutoff")),
             "deprecated": day(model.get("expiration_date"))}
    return row(model["id"], model.get("name"), model.get("context_length"),
               top.get("max_completion_tokens"), price, can, "openrouter", dates=dates)


def plain(model_id, prefix):
    """An id as the provider itself names it, or None for a row about something else."""
    name = model_id.removeprefix(prefix) if prefix else model_id
    # LiteLLM mixes in fine-tunes, regions and price classes.
    if (prefix and not model_id.startswith(prefix)) or name.startswith("ft:") or "/" in name and prefix != "together_ai/":
        return None
    return name


def main():
    models_dev, litellm = load("models_dev.json"), load("litellm_models.json")
    openrouter = load("openrouter_models.json")["data"]
    days = [model.get("last_updated", "") for shelf in models_dev.values() for model in shelf["models"].values()]
    days = [day for day in days if len(day) == 10]
    days += [datetime.fromtimestamp(int(model["created"]), timezone.utc).strftime("%Y-%m-%d") for model in openrouter]
    shelves = {}
    for shelf, (dev, lite, prefix) in SHELVES.items():
        rows = {}
        for model_id, model in (models_dev.get(dev) or {"models": {}})["models"].items():
            rows[model_id] = from_models_dev(model_id, model)
        if lite:
            for full, model in litellm.items():
                if not isinstance(model, dict) or model.get("litellm_provider") != lite:
                    continue
                model_id = plain(full, prefix)
                # The provider's own list at models.dev wins where both know a model's prices.
                if model_id and not (rows.get(model_id) or {}).get("price"):
                    days_known = {name: (rows.get(model_id) or {}).get(name) for name in ("released", "knowledge")}
                    made = from_litellm(model_id, model)
                    rows[model_id] = made | known(days_known) if made else rows.get(model_id)
                elif model_id:
                    rows[model_id] |= extra(model, rows[model_id])
        shelves[shelf] = sorted((made for made in rows.values() if made), key=lambda made: made["id"])
    made = [from_openrouter(model) for model in openrouter]
    shelves["openrouter"] = sorted((made for made in made if made), key=lambda made: made["id"])

    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    out = ["{", f'"date":{line(max(days))},', f'"sources":{line(SOURCES)},', '"providers":{']
    for at, (shelf, rows) in enumerate(sorted(shelves.items())):
        out.append(f"{line(shelf)}:[")
        out.append(",\n".join(line(made) for made in rows))
        out.append("]" if at + 1 == len(shelves) else "],")
    out += ["}", "}"]
    text = "\n".join(out) + "\n"
    json.loads(text)
    (HERE / "snapshot.json").write_text(text, encoding="utf-8")
    counts = ", ".join(f"{shelf} {len(rows)}" for shelf, rows in sorted(shelves.items()))
    print(f"{len(text.encode()) // 1024} KiB: {counts}")


if __name__ == "__main__":
    main()
