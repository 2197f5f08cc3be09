//! `location.get`: where the machine is, from the owner's configuration or a program of theirs.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Call, Code, Refusal};
use super::config;
use super::family::{Family, Offer};
use super::machine::{Machine, Tool};

/// The family of places.
#[derive(Debug)]
pub(super) struct Location {
    machine: Machine,
    owner: config::Location,
}

/// Parameters of `location.get` (protocol 8.4).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct GetParams {
    /// How long it may take.
    timeout_ms: Option<u64>,
}

/// What the owner's program prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    #[serde(alias = "latitude")]
    lat: f64,
    #[serde(alias = "longitude")]
    lon: f64,
    #[serde(alias = "accuracy")]
    accuracy_meters: Option<f64>,
    #[serde(alias = "altitude")]
    altitude_meters: Option<f64>,
}

impl Location {
    /// Returns the family over what the owner configured.
    pub(super) const fn new(machine: Machine, owner: config::Location) -> Self {
        Self { machine, owner }
    }

    async fn printed(&self, call: &Call, timeout: Duration) -> Result<Printed, Refusal> {
        let missing = || Refusal::new(Code::LocationUnavailable, "the program in [location] is not there");
        let (program, arguments) = self.owner.command.split_first().ok_or_else(missing)?;
        let path = PathBuf::from(program);
        let program =
            if path.is_absolute() { path } else { self.machine.find(program).ok_or_else(missing)? };
        let tool = Tool {
            program,
            arguments: arguments.iter().map(Into::into).collect(),
            cwd: None,
            input: Vec::new(),
            env_pass: Vec::new(),
            timeout,
            limit: 64 * 1024,
        };
        let unavailable = |text: String| Refusal::new(Code::LocationUnavailable, text);
        let bytes =
            self.machine.run(tool, &call.stop).await.and_then(|done| done.ok("the program in [location]"));
        let bytes = bytes.map_err(|refusal| match refusal.code {
            Code::Timeout => Refusal { code: Code::LocationTimeout, ..refusal },
            Code::Cancelled => refusal,
            _ => Refusal { code: Code::LocationUnavailable, ..refusal },
        })?;
        let place: Printed = serde_json::from_slice(&bytes)
            .map_err(|error| unavailable(format!("the program in [location] printed no place: {error}")))?;
        let sound = place.lat.abs() <= 90.0 && place.lon.abs() <= 180.0;
        if sound {
            Ok(place)
        } else {
            Err(unavailable("the program in [location] printed no place on Earth".into()))
        }
    }
}

#[async_trait]
impl Family for Location {
    fn cap(&self) -> &'static str {
        "location"
    }

    fn offers(&self) -> Vec<Offer> {
        let known = self.owner.latitude.is_some() || !self.owner.command.is_empty();
        let why_not = (!known).then_some("[location] in node.toml names no place and no program");
        vec![Offer::new::<GetParams>("location.get", why_not)]
    }

    async fn answer(&self, _command: &str, call: Call) -> Answer {
        let params: GetParams = call.params()?;
        let timeout = Duration::from_millis(params.timeout_ms.unwrap_or(10_000)).min(call.limit);
        let (place, source) = match (self.owner.latitude, self.owner.longitude) {
            (Some(lat), Some(lon)) if self.owner.command.is_empty() => {
                let accuracy_meters = self.owner.accuracy_meters;
                (Printed { lat, lon, accuracy_meters, altitude_meters: None }, "configured")
            }
            _ => (self.printed(&call, timeout).await?, "command"),
        };
        let accuracy = place.accuracy_meters.unwrap_or(DEFAULT_ACCURACY);
        let mut answer = json!({
            "lat": place.lat, "lon": place.lon, "accuracyMeters": accuracy, "timestamp": call.now,
            "isPrecise": accuracy <= PRECISE, "source": source,
        });
        if let Some(altitude) = place.altitude_meters {
            answer["altitudeMeters"] = Value::from(altitude);
        }
        Ok(answer)
    }
}

const DEFAULT_ACCURACY: f64 = 100.0;
const PRECISE: f64 = 100.0;
