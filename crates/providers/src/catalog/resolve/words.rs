//! What the words in models' names mean: who made it, which words only say how it is hosted.

/// Words that name a family, and who makes it.
const FAMILIES: &[(&str, &str)] = &[
    ("alpaca", "stanford"),
    ("arctic", "snowflake"),
    ("athene", "nexusflow"),
    ("aya", "cohere"),
    ("babbage", "openai"),
    ("baichuan", "baichuan"),
    ("chatglm", "z-ai"),
    ("chatgpt", "openai"),
    ("claude", "anthropic"),
    ("codegemma", "google"),
    ("codellama", "meta-llama"),
    ("codestral", "mistralai"),
    ("codex", "openai"),
    ("cogito", "deepcogito"),
    ("command", "cohere"),
    ("davinci", "openai"),
    ("dbrx", "databricks"),
    ("deepseek", "deepseek"),
    ("devstral", "mistralai"),
    ("dolphin", "cognitivecomputations"),
    ("doubao", "bytedance"),
    ("ernie", "baidu"),
    ("falcon", "tiiuae"),
    ("gemini", "google"),
    ("gemma", "google"),
    ("glm", "z-ai"),
    ("gpt", "openai"),
    ("granite", "ibm-granite"),
    ("grok", "x-ai"),
    ("hermes", "nousresearch"),
    ("hunyuan", "tencent"),
    ("internlm", "internlm"),
    ("internvl", "opengvlab"),
    ("jamba", "ai21"),
    ("kimi", "moonshotai"),
    ("lfm", "liquid"),
    ("llama", "meta-llama"),
    ("longcat", "meituan"),
    ("magistral", "mistralai"),
    ("magnum", "anthracite-org"),
    ("mercury", "inception"),
    ("mimo", "xiaomi"),
    ("minicpm", "openbmb"),
    ("minimax", "minimax"),
    ("ministral", "mistralai"),
    ("mistral", "mistralai"),
    ("mixtral", "mistralai"),
    ("molmo", "allenai"),
    ("nemotron", "nvidia"),
    ("nova", "amazon"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("olmo", "allenai"),
    ("palm", "google"),
    ("palmyra", "writer"),
    ("phi", "microsoft"),
    ("pixtral", "mistralai"),
    ("qvq", "qwen"),
    ("qwen", "qwen"),
    ("qwq", "qwen"),
    ("reka", "rekaai"),
    ("seed", "bytedance-seed"),
    ("solar", "upstage"),
    ("sonar", "perplexity"),
    ("starcoder", "bigcode"),
    ("step", "stepfun"),
    ("titan", "amazon"),
    ("tulu", "allenai"),
    ("vicuna", "lmsys"),
    ("voxtral", "mistralai"),
    ("voyage", "voyage"),
    ("whisper", "openai"),
    ("wizardlm", "microsoft"),
    ("yi", "01-ai"),
    ("zephyr", "huggingfaceh4"),
];

/// Words before a name that say whose it is, sorted.
const VENDORS: &[&str] = &[
    "ai21",
    "alibaba",
    "allenai",
    "amazon",
    "anthropic",
    "aws",
    "azure",
    "baidu",
    "bytedance",
    "c4ai",
    "cerebras",
    "cohere",
    "databricks",
    "fw",
    "google",
    "groq",
    "ibm",
    "labs",
    "meta",
    "microsoft",
    "mistralai",
    "moonshotai",
    "nvidia",
    "openai",
    "perplexity",
    "qianfan",
    "snowflake",
    "tencent",
    "vertex",
    "writer",
    "xai",
    "xiaomi",
    "zai",
];

/// Words that say how the weights are stored or where they run, never which they are; sorted.
const HOSTING: &[&str] = &[
    "16bit",
    "3bit",
    "4bit",
    "5bit",
    "6bit",
    "8bit",
    "autoround",
    "awq",
    "bf16",
    "bnb",
    "cloud",
    "dynamic",
    "exl2",
    "exl3",
    "f16",
    "f32",
    "fp16",
    "fp4",
    "fp8",
    "free",
    "ggml",
    "gguf",
    "gptq",
    "hf",
    "hosted",
    "imat",
    "imatrix",
    "int4",
    "int8",
    "maas",
    "marlin",
    "mlx",
    "mxfp4",
    "nf4",
    "nvfp4",
    "onnx",
    "qat",
    "quantized",
    "safetensors",
    "serverless",
    "sglang",
    "tee",
    "ud",
    "unsloth",
    "vllm",
    "w4a16",
    "w8a16",
    "w8a8",
];

/// What follows a colon and stands for other terms, a mode or a host of the same model; sorted.
const TERMS: &[&str] = &[
    "baseten",
    "beta",
    "cerebras",
    "cheapest",
    "cloud",
    "cohere",
    "default",
    "exacto",
    "extended",
    "fal-ai",
    "fastest",
    "featherless-ai",
    "fireworks-ai",
    "floor",
    "free",
    "groq",
    "hf-inference",
    "hyperbolic",
    "latest",
    "nebius",
    "nitro",
    "novita",
    "nscale",
    "online",
    "ovhcloud",
    "paid",
    "preferred",
    "replicate",
    "sambanova",
    "scaleway",
    "thinking",
    "together",
    "zai-org",
];

/// Bedrock's regions before a name; sorted.
const REGIONS: &[&str] = &[
    "af", "ap", "apac", "au", "ca", "eu", "global", "il", "in", "jp", "me", "mx", "sa", "uk", "us", "us-gov",
];

/// Whose names start with themselves and a dot at Bedrock and OCI; sorted.
const DOTTED: &[&str] = &[
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];

/// Names that say nothing.
const EMPTY: &[&str] =
    &["", "default", "deployment", "model", "n/a", "none", "null", "other", "test", "unknown"];

/// The maker of a family.
pub(super) fn maker(word: &str) -> Option<&'static str> {
    let at = FAMILIES.binary_search_by_key(&word, |(family, _)| family).ok()?;
    FAMILIES.get(at).map(|(_, maker)| *maker)
}

pub(super) fn is_vendor(word: &str) -> bool {
    VENDORS.binary_search(&word).is_ok()
}

pub(super) fn is_hosting(word: &str) -> bool {
    HOSTING.binary_search(&word).is_ok()
}

pub(super) fn is_term(word: &str) -> bool {
    TERMS.binary_search(&word).is_ok()
}

pub(super) fn is_region(word: &str) -> bool {
    REGIONS.binary_search(&word).is_ok()
}

pub(super) fn is_dotted(word: &str) -> bool {
    DOTTED.binary_search(&word).is_ok()
}

pub(super) fn says_nothing(name: &str) -> bool {
    EMPTY.contains(&name) || !name.contains(|c: char| c.is_alphanumeric())
}

/// The family that a maker's short names leave out: `deepseek.v3.2`, `DeepSeek: R1`, `Mistral: Saba`.
pub(super) fn left_out(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "deepseek" | "deepseek-ai" => "deepseek",
        "mistral" | "mistralai" => "mistral",
        "anthropic" => "claude",
        _ => return None,
    })
}

/// Mistral's two ways of counting: a version of the name, and the month of the weights.
pub(super) fn month_of(tier: &str, version: &str) -> Option<&'static str> {
    Some(match (tier, version) {
        ("small", "3") => "2501",
        ("small", "3.1") => "2503",
        ("medium", "3") | ("devstral-small", "1") => "2505",
        ("small", "3.2") => "2506",
        ("large", "2") => "2407",
        ("large", "2.1") => "2411",
        ("devstral-small", "1.1") => "2507",
        ("medium", "3.1") => "2508",
        ("large" | "ministral", "3") | ("devstral" | "devstral-small", "2") => "2512",
        ("small", "4") => "2603",
        ("medium", "3.5") => "2604",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_are_sorted() {
        assert!(FAMILIES.is_sorted_by(|a, b| a.0 < b.0));
        for list in [VENDORS, HOSTING, TERMS, REGIONS, DOTTED] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
