"""The official Python SDKs against `orch serve`: `python_sdks.py URL KEY MODEL TOOL_MODEL [real]`.

MODEL answers with some text. TOOL_MODEL is asked in the words that make it call `get_weather`; `-` leaves tools out.
Each check prints a line; the exit code says whether all of them passed.
"""

import sys
import traceback

import anthropic
import openai
from google import genai
from google.genai import types

url, key, model, tool_model = sys.argv[1:5]
failed = []
chat = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
claude = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)
gemini = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
SAID = [{"role": "user", "content": "Say one short sentence."}]
WEATHER = "Use get_weather for Paris."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def check(function):
    """Runs it now and remembers whether it went well."""
    try:
        print("ok  ", function.__name__, function() or "")
    except Exception as error:  # noqa: BLE001 - whatever it was, the next check is made
        failed.append(function.__name__)
        print("BAD ", function.__name__, type(error).__name__, str(error)[:400])
        traceback.print_exc(limit=-2)


@check
def openai_chat():
    raw = chat.chat.completions.with_raw_response.create(model=model, messages=SAID, max_tokens=24)
    answer = raw.parse()
    assert answer.choices[0].message.content and answer.choices[0].finish_reason in ("stop", "length"), answer
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert raw.headers["x-orchesity-target"] and raw.headers["x-orchesity-decision"]
    return raw.headers.get("x-orchesity-cost-usd")


@check
def openai_chat_stream():
    with chat.chat.completions.create(
        model=model, messages=SAID, max_tokens=24, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text and chunks[-1].usage.completion_tokens > 0, chunks[-1]
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] in ("stop", "length")


@check
def openai_responses():
    answer = chat.responses.create(model=model, input="Say one short sentence.", max_output_tokens=24)
    assert answer.output_text and answer.usage.output_tokens > 0, answer


@check
def openai_responses_stream():
    # Without a limit: this SDK knows no final response for one that was cut off by it.
    with chat.responses.stream(model=model, input="Say one short sentence.") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text and final.status in ("completed", "incomplete"), final
    assert kinds[0] == "response.created", kinds


@check
def openai_completions():
    answer = chat.completions.create(model=model, prompt="Say one short sentence.", max_tokens=24)
    assert answer.choices[0].text is not None and answer.usage.prompt_tokens > 0
    pieces = list(chat.completions.create(model=model, prompt="Say one", max_tokens=24, stream=True))
    assert "".join(p.choices[0].text for p in pieces if p.choices)


@check
def openai_models():
    ids = [m.id for m in chat.models.list()]
    assert model in ids or "simulated/steady" in ids, ids
    assert chat.models.retrieve(model).id == model
    return len(ids)


@check
def openai_errors():
    try:
        chat.chat.completions.create(model="nobody/knows", messages=SAID)
        raise AssertionError("an unknown model answered")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found" and error.request_id, error
    try:
        chat.chat.completions.create(model=model, messages=[])
        raise AssertionError("no messages were answered")
    except openai.BadRequestError:
        pass
    try:
        openai.OpenAI(base_url=f"{url}/v1", api_key="ork_wrong", max_retries=0).models.list()
        raise AssertionError("a wrong key was let in")
    except openai.AuthenticationError:
        pass


@check
def anthropic_messages():
    answer = claude.messages.create(model=model, max_tokens=24, messages=SAID, system="Be brief.")
    assert answer.content[0].text and answer.stop_reason in ("end_turn", "max_tokens"), answer
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


@check
def anthropic_stream():
    with claude.messages.stream(model=model, max_tokens=24, messages=SAID) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text and final.stop_reason in ("end_turn", "max_tokens") and final.usage.output_tokens > 0, final


@check
def anthropic_rest():
    assert claude.messages.count_tokens(model=model, messages=SAID).input_tokens > 0
    assert claude.models.list(limit=3).data
    assert claude.models.retrieve(model).id == model
    try:
        claude.messages.create(model="nobody/knows", max_tokens=5, messages=SAID)
        raise AssertionError("an unknown model answered")
    except anthropic.NotFoundError as error:
        assert error.request_id, error


@check
def gemini_generate():
    config = types.GenerateContentConfig(max_output_tokens=24, system_instruction="Be brief.")
    answer = gemini.models.generate_content(model=model, contents="Say one short sentence.", config=config)
    assert answer.text and answer.usage_metadata.candidates_token_count > 0, answer
    pieces = list(gemini.models.generate_content_stream(model=model, contents="Say one", config=config))
    assert "".join(p.text or "" for p in pieces)
    assert pieces[-1].candidates[0].finish_reason and pieces[-1].usage_metadata.total_token_count > 0


@check
def gemini_rest():
    assert gemini.models.count_tokens(model=model, contents="some words").total_tokens > 0
    assert next(iter(gemini.models.list(config={"page_size": 2}))).name.startswith("models/")
    assert gemini.models.get(model=model).name
    try:
        gemini.models.generate_content(model="nobody/knows", contents="x")
        raise AssertionError("an unknown model answered")
    except genai.errors.ClientError as error:
        assert error.code == 404, error


if tool_model != "-":
    ASKED = [{"role": "user", "content": WEATHER}]

    @check
    def openai_tools():
        tools = [{"type": "function", "function": {"name": "get_weather", "description": "weather", "parameters": SCHEMA}}]
        first = chat.chat.completions.create(model=tool_model, messages=ASKED, tools=tools, max_tokens=100)
        call = first.choices[0].message.tool_calls[0]
        assert call.function.name == "get_weather" and first.choices[0].finish_reason == "tool_calls", first
        result = {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}
        more = [*ASKED, first.choices[0].message, result]
        second = chat.chat.completions.create(model=tool_model, messages=more, tools=tools, max_tokens=60)
        assert second.choices[0].finish_reason
        with chat.chat.completions.stream(model=tool_model, messages=ASKED, tools=tools, max_tokens=100) as stream:
            final = stream.get_final_completion()
        assert final.choices[0].message.tool_calls[0].function.name == "get_weather", final

    @check
    def responses_tools():
        tools = [{"type": "function", "name": "get_weather", "description": "weather", "parameters": SCHEMA}]
        first = chat.responses.create(model=tool_model, input=ASKED, tools=tools, max_output_tokens=100)
        call = next(item for item in first.output if item.type == "function_call")
        assert call.name == "get_weather", first
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}
        more = [*ASKED, call.model_dump(exclude_none=True), result]
        assert chat.responses.create(model=tool_model, input=more, tools=tools, max_output_tokens=60).status

    @check
    def anthropic_tools():
        tools = [{"name": "get_weather", "description": "weather", "input_schema": SCHEMA}]
        first = claude.messages.create(model=tool_model, max_tokens=100, messages=ASKED, tools=tools)
        call = next(block for block in first.content if block.type == "tool_use")
        assert call.name == "get_weather" and first.stop_reason == "tool_use", first
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees"}
        more = [*ASKED, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
        assert claude.messages.create(model=tool_model, max_tokens=60, messages=more, tools=tools).stop_reason
        with claude.messages.stream(model=tool_model, max_tokens=100, messages=ASKED, tools=tools) as stream:
            final = stream.get_final_message()
        assert any(block.type == "tool_use" and block.name == "get_weather" for block in final.content), final

    @check
    def gemini_tools():
        declared = types.FunctionDeclaration(name="get_weather", description="weather", parameters_json_schema=SCHEMA)
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[declared])],
            max_output_tokens=100,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        first = gemini.models.generate_content(model=tool_model, contents=WEATHER, config=config)
        assert first.function_calls[0].name == "get_weather", first
        part = types.Part.from_function_response(name="get_weather", response={"result": "18 degrees"})
        asked = types.Content(role="user", parts=[types.Part(text=WEATHER)])
        more = [asked, first.candidates[0].content, types.Content(role="user", parts=[part])]
        assert gemini.models.generate_content(model=tool_model, contents=more, config=config).candidates


if "real" in sys.argv[5:]:

    @check
    def openai_stored_response():
        first = chat.responses.create(model=model, input="My name is Ann.", max_output_tokens=16)
        second = chat.responses.create(
            model=model, input="What is my name?", previous_response_id=first.id, max_output_tokens=16
        )
        assert second.previous_response_id == first.id, second
        assert chat.responses.retrieve(first.id).output_text == first.output_text
        chat.responses.delete(first.id)


print("versions: openai", openai.__version__, "anthropic", anthropic.__version__, "google-genai", genai.__version__)
print("failed:", ", ".join(failed) or "none")
sys.exit(1 if failed else 0)
