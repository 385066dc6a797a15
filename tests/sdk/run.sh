#!/usr/bin/env bash
# Real SDKs against a real `orch serve`: tests/sdk/run.sh [URL KEY MODEL [TOOL_MODEL]]
#
# Without arguments it starts `orch serve` itself (target/debug/orch, or $ORCH) in a home of its own and asks the
# simulated models. What the registries cannot give is skipped with a message. Packages are kept in $SDK_CACHE.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SDK_CACHE:-$root/target/sdk}
mkdir -p "$cache/node"

if [ $# -ge 3 ]; then
  url=$1 key=$2 model=$3 tools=${4:--}
else
  orch=${ORCH:-$root/target/debug/orch}
  [ -x "$orch" ] || { echo "skipped: build orch first (cargo build -p cli)"; exit 0; }
  home=$(mktemp -d)
  ORCHESITY_HOME=$home "$orch" serve --port 0 >"$home/ready" 2>"$home/log" &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -rf "$home"' EXIT
  for _ in $(seq 1 100); do [ -s "$home/ready" ] && break; sleep 0.1; done
  url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$home/ready")
  key=$(ORCHESITY_HOME=$home "$orch" keys issue --name sdk --json | sed -E 's/.*"key":"([^"]*)".*/\1/')
  sleep 1.5 # a key that another process issues counts within a second
  model=simulated/steady tools=-
fi

bad=0
if python3 -m venv "$cache/venv" 2>/dev/null \
  && "$cache/venv/bin/pip" install -q openai anthropic google-genai langchain-openai langchain-anthropic llm; then
  "$cache/venv/bin/python" "$here/python_sdks.py" "$url" "$key" "$model" "$tools" real || bad=1
  "$cache/venv/bin/python" "$here/langchain_check.py" "$url" "$key" "$model" "$tools" || bad=1
  llm_home=$(mktemp -d)
  printf -- '- model_id: orchesity\n  model_name: %s\n  api_base: "%s/v1"\n  api_key_name: orchesity\n' "$model" "$url" \
    >"$llm_home/extra-openai-models.yaml"
  for stream in "" "--no-stream"; do
    # shellcheck disable=SC2086 # no option at all is meant
    said=$(LLM_USER_PATH=$llm_home "$cache/venv/bin/llm" -m orchesity --key "$key" $stream "Say one short sentence.") || true
    if [ -n "$said" ]; then echo "ok   llm $stream"; else echo "BAD  llm $stream"; bad=1; fi
  done
  rm -rf "$llm_home"
else
  echo "skipped: the Python SDKs cannot be installed here"
fi

if command -v npm >/dev/null && (
  cd "$cache/node"
  [ -f package.json ] || echo '{ "private": true, "type": "module" }' >package.json
  npm install --silent --no-audit --no-fund openai @anthropic-ai/sdk @google/genai ai @ai-sdk/openai @ai-sdk/anthropic zod
); then
  cp "$here/node_sdks.mjs" "$cache/node/"
  (cd "$cache/node" && node node_sdks.mjs "$url" "$key" "$model" "$tools") || bad=1
else
  echo "skipped: the Node SDKs cannot be installed here"
fi
exit "$bad"
