//! Why a paper could not be printed.

/// Why a paper could not be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// More of something than one paper may hold.
    #[error("{what}超过上限（最多 {max}），请缩小范围后分次打印")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How many one paper holds.
        max: usize,
    },
    /// A figure that the others contradict: a paper for a court must not be printed with it.
    #[error("{what}与明细不符：应为 {expected_fen} 分，实为 {given_fen} 分")]
    DoesNotAddUp {
        /// Which figure.
        what: String,
        /// What the details say, in fen.
        expected_fen: i64,
        /// What was given, in fen.
        given_fen: i64,
    },
    /// Sums beyond what the system books.
    #[error(transparent)]
    Money(#[from] domain::money::MoneyError),
    /// The program's own fonts do not read.
    #[error("字库损坏：{0}")]
    Font(&'static str),
    /// The file could not be written to the archival standard.
    #[error("PDF 生成失败：{0}")]
    Pdf(String),
    /// The content has no canonical text.
    #[error("内容无法写成规范文本：{0}")]
    Canonical(String),
}

impl PaperError {
    /// Stable code, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooMuch { .. } => "PAPER_TOO_MUCH",
            Self::DoesNotAddUp { .. } => "PAPER_DOES_NOT_ADD_UP",
            Self::Money(_) => "PAPER_MONEY",
            Self::Font(_) => "PAPER_FONT",
            Self::Pdf(_) => "PAPER_PDF",
            Self::Canonical(_) => "PAPER_CANONICAL",
        }
    }
}
