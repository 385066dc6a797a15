"""LangChain against `orch serve`: `langchain_check.py URL KEY MODEL TOOL_MODEL`."""

import sys
import traceback

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

url, key, model, tool_model = sys.argv[1:5]
failed = []


@tool
def get_weather(city: str) -> str:
    """Weather of a city."""
    return f"18 degrees in {city}"


def models(name):
    """The same model through each of the callers' shapes."""
    common = {"api_key": key, "max_retries": 0, "max_tokens": 100}
    yield "chat", ChatOpenAI(model=name, base_url=f"{url}/v1", use_responses_api=False, stream_usage=True, **common)
    yield "responses", ChatOpenAI(model=name, base_url=f"{url}/v1", use_responses_api=True, **common)
    yield "anthropic", ChatAnthropic(model=name, base_url=url, **common)


def check(name, function):
    try:
        function()
        print("ok  ", name)
    except Exception as error:  # noqa: BLE001
        failed.append(name)
        print("BAD ", name, type(error).__name__, str(error)[:400])
        traceback.print_exc(limit=-2)


for name, llm in models(model):

    def plain(llm=llm):
        answer = llm.invoke("Say one short sentence.")
        assert answer.text and answer.usage_metadata["output_tokens"] > 0, answer
        whole = None
        for piece in llm.stream("Say one short sentence."):
            whole = piece if whole is None else whole + piece
        assert whole.text, whole

    check(f"langchain {name}", plain)

if tool_model != "-":
    for name, llm in models(tool_model):

        def tools(llm=llm):
            asked = [HumanMessage("Use get_weather for Paris.")]
            with_tools = llm.bind_tools([get_weather])
            first = with_tools.invoke(asked)
            call = first.tool_calls[0]
            assert call["name"] == "get_weather", first
            result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
            assert with_tools.invoke([*asked, first, result]) is not None

        check(f"langchain tools {name}", tools)

print("failed:", ", ".join(failed) or "none")
sys.exit(1 if failed else 0)
