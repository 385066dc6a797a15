//! What can be typed.

use crate::{
    branches::{BranchesArgs, DeleteArgs, MergeArgs, RestoreArgs, ShowArgs},
    finding::{ListArgs, SearchArgs},
    folders::FoldersCommand,
    keys::KeysCommand,
    models::ModelsCommand,
    route::RouteArgs,
    serve::ServeArgs,
    usage::UsageArgs,
};
use clap::{Args as ClapArgs, Parser, Subcommand};
use domain::{BranchId, ConversationId, Dialect, ExportFormat, ProviderId, RunId, Target};
use std::path::PathBuf;

/// Ask language models from the terminal: compare, chat, and look after what was asked.
#[derive(Debug, Parser)]
#[command(name = "orch", version, propagate_version = true)]
pub struct Args {
    /// Data directory [env: ORCHESITY_HOME; default: the platform's data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask one target and stream its answer
    Chat(ChatArgs),
    /// Ask several targets the same thing at once
    Compare(CompareArgs),
    /// List models that can be asked; search, compare and rank the catalog, and keep it up to date
    Models(ModelsArgs),
    /// List, add and test providers, and look after their keys
    Providers {
        #[command(subcommand)]
        command: ProvidersCommand,
    },
    /// Let other programs ask, through HTTP in the shapes of OpenAI, Anthropic and Gemini
    Serve(ServeArgs),
    /// Say whom `auto` would ask, and why; nothing is sent. `simulate` makes a running gateway's calls fail
    Route(RouteArgs),
    /// Issue, list and revoke virtual keys, for callers of the gateway
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// List folders, and say how much their conversations may take
    Folders {
        #[command(subcommand)]
        command: FoldersCommand,
    },
    /// What upstream calls came to: money, tokens and calls, by day, model and more
    Usage(UsageArgs),
    /// Watch a run, of this or of another process, from its beginning
    Attach(AttachArgs),
    /// Read in what another product, or another home, has exported
    Import(ImportArgs),
    /// Write conversations as JSON, Markdown or HTML
    Export(ExportArgs),
    /// Re-hash everything and prove the stored trees whole
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List conversations and show their trees
    Conversations {
        #[command(subcommand)]
        command: ConversationsCommand,
    },
}

/// What is asked, shared by `chat` and `compare`.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, ClapArgs)]
pub struct Ask {
    /// The prompt; `-`, or none at all, reads it from standard input
    pub prompt: Option<String>,
    /// Take the prompt from a file; after a prompt on the command line, its text is added to it
    #[arg(long, short = 'f', value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Send a file along: text, an image or a PDF; may be given several times
    #[arg(long, short = 'a', value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Send the text of PDF files instead of the files, for those who take none
    #[arg(long)]
    pub pdf_text: bool,
    /// System text
    #[arg(long, short = 's', value_name = "TEXT")]
    pub system: Option<String>,
    /// Routes (`auto…`) try nothing with it, and ask whom they know to be best
    #[arg(long)]
    pub important: bool,
    /// A parameter: temperature, top_p, max_tokens, stop, seed, reasoning_effort, json_schema
    /// (a file), or a field of the provider's own
    #[arg(long = "param", short = 'p', value_name = "KEY=VALUE")]
    pub params: Vec<String>,
    /// Let the provider search the web, where it can
    #[arg(long)]
    pub web_search: bool,
    /// Ask the provider for the answer in one piece
    #[arg(long)]
    pub no_stream: bool,
    /// Leave nothing in the data directory
    #[arg(long)]
    pub no_store: bool,
    /// Print one JSON object a line for each finished answer
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ChatArgs {
    /// Whom to ask: `provider/model` or an alias
    #[arg(long, short = 'm', value_name = "TARGET")]
    pub model: Target,
    /// Go on with a conversation, on its active branch
    #[arg(long, short = 'c', value_name = "ID", conflicts_with = "no_store")]
    pub conversation: Option<ConversationId>,
    #[command(flatten)]
    pub ask: Ask,
}

#[derive(Debug, ClapArgs)]
pub struct CompareArgs {
    /// Whom to ask, once for each target
    #[arg(long = "model", short = 'm', value_name = "TARGET", required = true)]
    pub models: Vec<Target>,
    #[command(flatten)]
    pub ask: Ask,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    /// Ask the providers anew what they offer
    #[arg(long)]
    pub refresh: bool,
    /// Only models whose target contains this text
    pub filter: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct AttachArgs {
    /// The run, as `chat` and `compare` name it on standard error
    pub run: RunId,
    /// Only what came after this batch
    #[arg(long, default_value_t = 0)]
    pub since: u32,
    /// Print every batch as one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ProvidersCommand {
    /// List providers and how they are
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Add a provider to `config.toml`
    Add(AddProvider),
    /// Remove a provider from `config.toml`
    Remove {
        /// Which
        id: ProviderId,
    },
    /// Ask a provider what it offers, and say step by step what worked
    Test {
        /// Which
        id: ProviderId,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look after a provider's key in the OS keychain or the vault file
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Debug, ClapArgs)]
pub struct AddProvider {
    /// Its id: the prefix of its targets
    pub id: ProviderId,
    /// A built-in provider to take everything else from: another account at it
    #[arg(long)]
    pub preset: Option<ProviderId>,
    /// What it speaks; not needed for a built-in provider
    #[arg(long)]
    pub dialect: Option<Dialect>,
    /// Where it is; with `/v1` for the openai dialects, the root for the others
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Where its key comes from: `keychain`, `env:NAME` or `none`
    #[arg(long)]
    pub key: Option<String>,
    /// A model that it offers; without any they are discovered
    #[arg(long = "model", value_name = "MODEL")]
    pub models: Vec<String>,
    /// A header of each of its requests; never a key
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Its name for people
    #[arg(long)]
    pub name: Option<String>,
    /// It may be on the local network
    #[arg(long)]
    pub allow_lan: bool,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Store a key, read from standard input
    Set {
        /// Which provider
        id: ProviderId,
        /// In the encrypted vault file instead of the keychain; its passphrase is asked for, or read
        /// from ORCHESITY_VAULT_PASSPHRASE
        #[arg(long)]
        vault: bool,
    },
    /// Remove a key
    Remove {
        /// Which provider
        id: ProviderId,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConversationsCommand {
    /// Conversations, the newest first
    List(ListArgs),
    /// Messages with all words of a text, on all branches
    Search(SearchArgs),
    /// The messages of one branch, in order
    Show(ShowArgs),
    /// Branches of one conversation, with what they hold and cost
    Branches(BranchesArgs),
    /// Make one answer of several: take one, or let a model write one of them
    Merge(MergeArgs),
    /// Delete a conversation, or a message with all that is below it, a branch, or all other branches
    Delete(DeleteArgs),
    /// Bring back what was deleted, or list what can be
    Restore(RestoreArgs),
    /// All messages and branches of one conversation
    Tree {
        /// Which
        id: ConversationId,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub struct ImportArgs {
    /// What ChatGPT, Claude, DeepSeek, Open WebUI, LibreChat or `orch export` wrote: JSON, or a ZIP file
    pub file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ExportArgs {
    /// Which conversations
    #[arg(value_name = "ID", conflicts_with = "all")]
    pub ids: Vec<ConversationId>,
    /// All conversations, archived ones too
    #[arg(long)]
    pub all: bool,
    /// json (everything, to be read in again), markdown or html
    #[arg(long, short = 'f', default_value_t = ExportFormat::Json)]
    pub format: ExportFormat,
    /// Only the path of this branch, as Markdown or HTML
    #[arg(long, value_name = "ID")]
    pub branch: Option<BranchId>,
    /// Only the path of the active branch, as Markdown or HTML
    #[arg(long, conflicts_with = "branch")]
    pub active: bool,
    /// Write to a file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
