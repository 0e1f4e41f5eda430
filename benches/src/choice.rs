//! What was asked for on the command line.

use crate::world::Engine;

/// What to write when the arguments are wrong.
pub const USAGE: &str = "benches [--full | --small] [--sqlite | --postgres] [name…]\n\
     names: bill-run formula reminder-plan reminder-replan reminder-dispatch reminder-fair many-projects callback \
     callback-forged start footprint\n\
     --full adds 1,000,000 rows, --small is a quick try of everything, --sqlite and --postgres leave the other out";

/// The benches in the order they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bench {
    /// `bill-run`
    BillRun,
    /// `formula`, which asks no database and therefore runs once.
    Formula,
    /// `reminder-plan` and `reminder-replan`, which share their rows.
    ReminderPlan,
    /// `reminder-dispatch`
    ReminderDispatch,
    /// `reminder-fair`
    ReminderFair,
    /// `many-projects`
    ManyProjects,
    /// `callback`
    Callback,
    /// `callback-forged`
    CallbackForged,
    /// `start` and `footprint`, which share their installation.
    Node,
}

impl Bench {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::BillRun,
        Self::Formula,
        Self::ReminderPlan,
        Self::ReminderDispatch,
        Self::ReminderFair,
        Self::ManyProjects,
        Self::Callback,
        Self::CallbackForged,
        Self::Node,
    ];

    /// On how many databases it runs at most.
    #[must_use]
    pub const fn engines_max(self) -> usize {
        if matches!(self, Self::Formula) { 1 } else { usize::MAX }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bill-run" => Self::BillRun,
            "formula" => Self::Formula,
            "reminder-plan" | "reminder-replan" => Self::ReminderPlan,
            "reminder-dispatch" => Self::ReminderDispatch,
            "reminder-fair" => Self::ReminderFair,
            "many-projects" => Self::ManyProjects,
            "callback" => Self::Callback,
            "callback-forged" => Self::CallbackForged,
            "start" | "footprint" => Self::Node,
            _ => return None,
        })
    }
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A quick try: figures mean nothing.
    Small,
    /// 10⁴ and 10⁵ rows.
    Usual,
    /// 10⁶ rows too.
    Full,
}

impl Size {
    /// Row counts of the benches over all rows.
    #[must_use]
    pub const fn rows(self) -> &'static [u64] {
        match self {
            Self::Small => &[600, 3_000],
            Self::Usual => &[10_000, 100_000],
            Self::Full => &[10_000, 100_000, 1_000_000],
        }
    }

    /// Rounds: ours and the limit once each.
    #[must_use]
    pub const fn rounds(self) -> usize {
        match self {
            Self::Small => 1,
            Self::Usual | Self::Full => 5,
        }
    }
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Which benches.
    pub benches: Vec<Bench>,
    /// On which databases.
    pub engines: Vec<Engine>,
    /// How much.
    pub size: Size,
}

impl Choice {
    /// Reads the arguments; `postgres` is a superuser's URL.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(arguments: impl Iterator<Item = String>, postgres: Option<String>) -> Result<Self, String> {
        let (mut benches, mut size) = (Vec::new(), Size::Usual);
        let (mut sqlite, mut with_postgres) = (true, true);
        for argument in arguments {
            match argument.as_str() {
                "--full" => size = Size::Full,
                "--small" => size = Size::Small,
                "--sqlite" => with_postgres = false,
                "--postgres" => sqlite = false,
                name => {
                    let bench = Bench::named(name).ok_or_else(|| format!("there is no {name}"))?;
                    if !benches.contains(&bench) {
                        benches.push(bench);
                    }
                }
            }
        }
        if benches.is_empty() {
            benches = Bench::ALL.to_vec();
        }
        let mut engines = Vec::new();
        if sqlite {
            engines.push(Engine::Sqlite);
        }
        if with_postgres {
            let missing = "LINLI_TEST_PG_URL is not set: run `make bench`, which brings a PostgreSQL of its own, or give a \
                           superuser's URL, or leave PostgreSQL out with --sqlite";
            engines.push(Engine::Postgres { root: postgres.filter(|url| !url.is_empty()).ok_or(missing)? });
        }
        if engines.is_empty() {
            return Err("--sqlite and --postgres leave out each other".to_owned());
        }
        Ok(Self { benches, engines, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], postgres: Option<&str>) -> Result<Choice, String> {
        Choice::read(arguments.iter().map(|a| (*a).to_owned()), postgres.map(str::to_owned))
    }

    #[test]
    fn without_arguments_everything_runs_on_both_databases() {
        let choice = read(&[], Some("postgres://x")).unwrap();
        assert_eq!((choice.benches.len(), choice.engines.len(), choice.size), (Bench::ALL.len(), 2, Size::Usual));
    }

    #[test]
    fn a_missing_postgres_is_said_and_not_skipped() {
        assert!(read(&[], None).unwrap_err().contains("LINLI_TEST_PG_URL"));
        assert_eq!(read(&["--sqlite"], None).unwrap().engines.len(), 1);
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert!(read(&["bill-runs"], Some("postgres://x")).is_err());
        let choice = read(&["reminder-replan", "reminder-plan", "--full"], Some("postgres://x")).unwrap();
        assert_eq!((choice.benches, choice.size), (vec![Bench::ReminderPlan], Size::Full));
    }
}
