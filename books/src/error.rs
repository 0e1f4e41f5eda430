//! Why a whole file was refused. A bad row never refuses a file: see [`crate::finding`].

use serde::Serialize;

use crate::grid::limits;

/// Why a file cannot be read at all. `Display` says what is wrong; [`BookError::remedy`] what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// No bytes.
    #[error("文件是空的")]
    Empty,
    /// More bytes than [`limits::FILE_BYTES_MAX`].
    #[error("文件过大（最大 {} MB）", limits::FILE_BYTES_MAX / 1_048_576)]
    FileTooLarge,
    /// Unpacks to more than [`limits::UNPACKED_BYTES_MAX`], or far more than a spreadsheet of its size would.
    #[error("文件解压后过大，可能不是正常的表格")]
    UnpacksTooLarge,
    /// More sheets than [`limits::SHEETS_MAX`].
    #[error("工作表过多（最多 {} 个）", limits::SHEETS_MAX)]
    TooManySheets,
    /// A filled row below [`limits::ROWS_MAX`].
    #[error("工作表「{sheet}」的行数过多（最多 {} 行）", limits::ROWS_MAX)]
    TooManyRows {
        /// The sheet's name.
        sheet: String,
    },
    /// A filled column right of [`limits::COLUMNS_MAX`].
    #[error("工作表「{sheet}」的列数过多（最多 {} 列）", limits::COLUMNS_MAX)]
    TooManyColumns {
        /// The sheet's name.
        sheet: String,
    },
    /// More filled cells than [`limits::CELLS_MAX`], or more merged ranges than [`limits::MERGES_MAX`].
    #[error("表格内容过多（最多 {} 个单元格）", limits::CELLS_MAX)]
    TooManyCells,
    /// An Office file with a password.
    #[error("文件设有打开密码，无法读取")]
    Encrypted,
    /// The old binary format of Excel 97-2003.
    #[error("这是旧版 Excel（.xls）文件")]
    OldExcel,
    /// The binary workbook format.
    #[error("这是 Excel 二进制工作簿（.xlsb）文件")]
    BinaryExcel,
    /// Something else: a picture, a document, a web page named .xls.
    #[error("这不是 Excel（.xlsx）文件")]
    NotSpreadsheet,
    /// Looks like an .xlsx and cannot be read. `detail` is for the log.
    #[error("文件已损坏，无法读取")]
    Damaged {
        /// What the parser said; not for people.
        detail: String,
    },
}

/// The words an API returns for a refused file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookErrorView {
    /// Stable code, `UPPER_SNAKE`.
    pub code: &'static str,
    /// What is wrong, in Chinese.
    pub message: String,
    /// What to do, in Chinese.
    pub remedy: &'static str,
}

impl BookError {
    /// Stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "FILE_EMPTY",
            Self::FileTooLarge => "FILE_TOO_LARGE",
            Self::UnpacksTooLarge => "FILE_UNPACKS_TOO_LARGE",
            Self::TooManySheets => "TOO_MANY_SHEETS",
            Self::TooManyRows { .. } => "TOO_MANY_ROWS",
            Self::TooManyColumns { .. } => "TOO_MANY_COLUMNS",
            Self::TooManyCells => "TOO_MANY_CELLS",
            Self::Encrypted => "FILE_ENCRYPTED",
            Self::OldExcel => "FILE_OLD_EXCEL",
            Self::BinaryExcel => "FILE_BINARY_EXCEL",
            Self::NotSpreadsheet => "FILE_NOT_SPREADSHEET",
            Self::Damaged { .. } => "FILE_DAMAGED",
        }
    }

    /// What the person who sent the file can do, in Chinese.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Empty => "请检查是否选错文件，重新导出后再上传",
            Self::FileTooLarge => "请删除图片和无关的工作表，或按楼栋拆成几个文件分别上传",
            Self::UnpacksTooLarge => "请在 Excel 中新建工作簿，只把数据复制过去，另存为 .xlsx 后再上传",
            Self::TooManySheets => "请只保留要导入的工作表",
            Self::TooManyRows { .. } => "请删除表格下方多余的内容，或拆成几个文件分别上传",
            Self::TooManyColumns { .. } => "请删除表格右侧多余的内容",
            Self::TooManyCells => "请删除无关内容，或拆成几个文件分别上传",
            Self::Encrypted => "请在 Excel 中去掉打开密码，另存后再上传",
            Self::OldExcel | Self::BinaryExcel => "请在 Excel 或 WPS 中打开，另存为「Excel 工作簿（.xlsx）」后再上传",
            Self::NotSpreadsheet => "请用 Excel 或 WPS 打开原表，另存为「Excel 工作簿（.xlsx）」后再上传",
            Self::Damaged { .. } => "请用 Excel 或 WPS 打开确认内容完好，另存为 .xlsx 后再上传",
        }
    }

    /// Code, message and remedy together.
    #[must_use]
    pub fn view(&self) -> BookErrorView {
        BookErrorView { code: self.code(), message: self.to_string(), remedy: self.remedy() }
    }
}
