//! Where a measurement happens: settings, temporary state, the pair of servers, alternating rounds.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use crate::fleet::Fleet;
use crate::identity::Identity;
use crate::report::{Report, Values};
use crate::target::{TOKEN, Target, Usage};
use crate::{scenario, target};

/// What to measure, how often and for how long.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The gateway's executable; `self` measures the baseline against itself, which has to give 1.0.
    #[arg(long, default_value = "target/release/landline")]
    pub product: PathBuf,
    /// More arguments for the gateway (repeat).
    #[arg(long = "product-arg", allow_hyphen_values = true)]
    pub product_args: Vec<String>,
    /// Only scenarios whose group is named here, separated by commas (see --list).
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Prints the groups and ends.
    #[arg(long)]
    pub list: bool,
    /// Everything once, small and short: under three minutes.
    #[arg(long)]
    pub quick: bool,
    /// Alternating rounds (A B A B …).
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of one measured window.
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Numbers of idle sockets.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    pub idle: Vec<usize>,
    /// Seconds of the quiet window; 32 holds one tick.
    #[arg(long, default_value_t = 32.0)]
    pub idle_seconds: f64,
    /// Seconds that a stalled reader is watched for.
    #[arg(long, default_value_t = 30.0)]
    pub stall_seconds: f64,
    /// Clients of the connection and subscriber growth tests.
    #[arg(long, default_value_t = 10_000)]
    pub growth_clients: usize,
    /// Runs stored between the two measurements of the storage growth test.
    #[arg(long, default_value_t = 100_000)]
    pub growth_runs: usize,
    /// Lines of the long transcript.
    #[arg(long, default_value_t = 10_000)]
    pub growth_lines: usize,
    /// Devices paired between the two measurements of the device growth test.
    #[arg(long, default_value_t = 1_000)]
    pub growth_devices: usize,
    /// A state directory (see `prepare`) for the start scenario; it is used as it is.
    #[arg(long)]
    pub prepared_state: Option<PathBuf>,
    /// Added to the priority of the load and of both servers; negative on a busy machine (needs the right to).
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    pub nice: i32,
    /// Directory for temporary state; on the disk that is to be measured.
    #[arg(long)]
    pub work_dir: Option<PathBuf>,
    /// Writes every row to this file as a JSON object a line.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl Settings {
    /// Replaces what is not small by what fits into three minutes.
    pub fn shortened(mut self) -> Self {
        if self.quick {
            (self.rounds, self.seconds, self.idle_seconds, self.stall_seconds) = (2, 0.4, 3.0, 6.0);
            (self.growth_clients, self.growth_runs) = (1_000, 2_000);
            (self.growth_lines, self.growth_devices) = (1_000, 200);
        }
        self
    }

    /// The measured window.
    pub fn window(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Sizes of the gateway's own frames, which the baseline copies.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Of hello-ok.
    pub hello: usize,
    /// Of the response to `health`.
    pub health: usize,
    /// Of the body of `GET /healthz`.
    pub healthz: usize,
}

/// Everything a scenario needs.
#[derive(Debug)]
pub struct Lab {
    /// What to measure.
    pub settings: Settings,
    /// Where rows go.
    pub report: Report,
    sizes: Sizes,
    dir: TempDir,
    states: Cell<u32>,
}

impl Lab {
    /// Prepares the machine and looks at the gateway's frames.
    pub fn open(settings: Settings) -> Result<Self> {
        raise_descriptor_limit()?;
        target::pin_load()?;
        if settings.nice != 0 {
            rustix::process::nice(settings.nice).context("--nice was refused")?;
        }
        let dir = match &settings.work_dir {
            Some(dir) => TempDir::new_in(dir),
            None => TempDir::new(),
        }
        .context("cannot make a directory for temporary state")?;
        let report = Report::to_file(settings.json.as_deref())?;
        let sizes = Sizes { hello: 14_800, health: 1_200, healthz: 27 };
        let mut lab = Self { settings, report, sizes, dir, states: Cell::new(0) };
        let product = lab.start("product", None, &[])?;
        lab.sizes = scenario::probe(&lab, &product)?;
        product.stop()?;
        Ok(lab)
    }

    /// Starts one server, on a new state directory unless one is given; `flags` are for the baseline.
    pub fn start(&self, name: &'static str, state: Option<PathBuf>, flags: &[String]) -> Result<Target> {
        let number = self.states.get();
        self.states.set(number + 1);
        let state = state.unwrap_or_else(|| self.dir.path().join(format!("{name}-{number}")));
        std::fs::create_dir_all(&state)?;
        let stock = name == "product" && self.settings.product.as_os_str() != "self";
        let (program, args) = if stock {
            // The built-in agent answers, whatever else is installed on this machine.
            let config = state.join("config.toml");
            if !config.exists() {
                std::fs::write(&config, "[agents.main]\nexecutor = \"builtin\"\n")?;
            }
            let mut args: Vec<String> =
                ["gateway", "--port", "0", "--json", "--state-dir"].map(String::from).to_vec();
            args.push(state.display().to_string());
            args.extend(self.settings.product_args.iter().cloned());
            (self.settings.product.canonicalize().unwrap_or_else(|_| self.settings.product.clone()), args)
        } else {
            let Sizes { hello, health, healthz } = self.sizes;
            let mut args = vec!["limit".to_owned(), format!("--hello-bytes={hello}")];
            args.push(format!("--health-bytes={health}"));
            args.push(format!("--healthz-bytes={healthz}"));
            args.push(format!("--state-dir={}", state.display()));
            args.extend(flags.iter().cloned());
            (std::env::current_exe()?, args)
        };
        Target::start(&target::Launch { name, program, args, state })
    }

    /// Starts both servers.
    pub fn pair(&self, flags: &[String]) -> Result<[Target; 2]> {
        Ok([self.start("limit", None, flags)?, self.start("product", None, flags)?])
    }

    /// A fleet for a server.
    #[expect(clippy::unused_self, reason = "the lab is what scenarios ask for things")]
    pub fn fleet(&self, target: &Target) -> Result<Fleet> {
        Fleet::new(target.address, TOKEN)
    }

    /// Runs `measure` on each target in turn, round after round, and keeps the rows.
    pub fn rounds(
        &mut self,
        scenario: &str,
        targets: &[Target],
        measure: &mut dyn FnMut(&Self, &Target) -> Result<Values>,
    ) -> Result<()> {
        for round in 0..self.settings.rounds {
            for target in targets {
                let values = measure(self, target)
                    .with_context(|| format!("{} in round {} of {scenario}", target.name, round + 1))?;
                self.report.add(scenario, round, target.name, values)?;
            }
        }
        Ok(())
    }

    /// Bytes of the gateway's presence event with `readers` connected besides the publisher.
    pub fn presence_bytes(&self, readers: usize) -> Result<usize> {
        let product = self.start("product", None, &[])?;
        let mut fleet = self.fleet(&product)?;
        fleet.open_all(readers, &Identity::Backend)?;
        fleet.settle(Duration::from_millis(300))?;
        let request = scenario::system_event("probe", "load-0000001");
        let (_, event) = fleet.call(0, &request, Some("presence"))?;
        product.stop()?;
        Ok(event.len())
    }
}

/// What a window cost, per operation.
pub fn spent(from: &Usage, to: &Usage, ops: f64) -> Values {
    let seconds = to.at.duration_since(from.at).as_secs_f64();
    let cpu = to.cpu_us - from.cpu_us;
    vec![
        ("cpu_us_per_op", cpu / ops),
        ("rate", ops / seconds),
        ("cpu_percent", cpu / seconds / 1e4),
        ("written_b_per_op", (to.written - from.written) / ops),
    ]
}

/// Says on stderr what is being measured.
#[expect(clippy::print_stderr, reason = "a measurement takes minutes: its user wants to see it move")]
pub fn say(text: &str, since: Instant) {
    eprintln!("[{:6.1} s] {text}", since.elapsed().as_secs_f64());
}

fn raise_descriptor_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
        .context("cannot raise the limit of open files")
}
