//! Why a file cannot be read, or not further.

/// Why reading ended early. What was handed on before stays.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is neither JSON nor a ZIP file.
    #[error(
        "this is neither JSON nor a ZIP file with JSON in it; choose the file that the other program exported"
    )]
    Unknown,
    /// It can be read, but nothing in it is a conversation.
    #[error(
        "no conversations were found in it; exports of ChatGPT, Claude, DeepSeek, Open WebUI, LibreChat and \
         Orchesity can be read"
    )]
    Nothing,
    /// A newer version of ours wrote it.
    #[error(
        "it was written by a newer version of Orchesity (format {0}); update the app, then import it again"
    )]
    Newer(u64),
    /// The ZIP file is made to do harm, or is so damaged that it looks like that.
    #[error("the ZIP file is refused: {0}")]
    Hostile(String),
    /// The ZIP file is damaged.
    #[error("the ZIP file cannot be read: {0}; fetch the export again")]
    Zip(String),
    /// The JSON breaks off or is none.
    #[error("the file is damaged {0}; fetch the export again")]
    Damaged(String),
    /// The disk failed.
    #[error("the file cannot be read: {0}")]
    Io(std::io::Error),
    /// Whoever reads wants no more.
    #[error("it was stopped")]
    Stopped,
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        // A reader of ours carries its own errors through `Read`.
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => Self::Io(error),
        }
    }
}

impl From<zip::result::ZipError> for ReadError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => match Self::from(error) {
                Self::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Self::Io(error),
                Self::Io(error) => Self::Zip(error.to_string()),
                own => own,
            },
            other => Self::Zip(other.to_string()),
        }
    }
}
