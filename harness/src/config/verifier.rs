//! Stage two for `[[verifier]]`: a kind takes the keys it knows and refuses the rest.

use std::time::Duration;

use verifiers::domain::Role;
use verifiers::plugin::PluginSettings;
use verifiers::registry::{CommandSettings, Limits, ProgramSettings, Settings, VerifierSpec};

use super::error::{ConfigError, Place, nearest};
use super::file::VerifierFile;
use super::units;

/// The kinds that an experiment may name.
const KINDS: [&str; 10] = [
    "python-tests",
    "stdin-stdout",
    "command",
    "answer",
    "reward",
    "process-reward",
    "judge",
    "agreement",
    "ensemble",
    "fusion",
];

mod scoring;

/// One `[[verifier]]`, and where it stands.
struct Section<'a> {
    place: Place<'a>,
    number: usize,
    file: VerifierFile,
}

impl Section<'_> {
    fn error(&self, key: &str, message: impl Into<String>) -> ConfigError {
        self.place.error(&format!("verifier[{}].{key}", self.number), message)
    }

    fn duration(&self, key: &str, text: Option<String>, default: Duration) -> Result<Duration, ConfigError> {
        let Some(text) = text else { return Ok(default) };
        units::duration(&text).filter(|d| !d.is_zero()).ok_or_else(|| {
            self.error(key, format!("{text:?} is not a time")).with_hint("write a time like \"3s\" or \"500ms\"")
        })
    }

    fn bytes(&self, key: &str, text: Option<String>, default: u64) -> Result<u64, ConfigError> {
        let Some(text) = text else { return Ok(default) };
        units::bytes(&text).filter(|n| *n > 0).ok_or_else(|| {
            self.error(key, format!("{text:?} is not a size")).with_hint("write a size like \"1GiB\" or \"64MiB\"")
        })
    }

    fn limits(&mut self) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let file = &mut self.file;
        let (timeout, memory, output, disk) =
            (file.timeout.take(), file.memory.take(), file.output.take(), file.disk.take());
        let (processes, files) = (file.processes.take(), file.files.take());
        Ok(Limits {
            timeout: self.duration("timeout", timeout, default.timeout)?,
            memory_bytes: self.bytes("memory", memory, default.memory_bytes)?,
            processes: processes.unwrap_or(default.processes),
            output_bytes: self.bytes("output", output, default.output_bytes)?,
            disk_bytes: self.bytes("disk", disk, default.disk_bytes)?,
            files: files.unwrap_or(default.files),
        })
    }

    fn program(&mut self) -> Result<ProgramSettings, ConfigError> {
        Ok(ProgramSettings {
            tests: self.file.tests.take(),
            language: self.file.language.take().unwrap_or_else(|| "python".to_owned()),
            interpreter: self.file.interpreter.take().map(Into::into),
            preload: self.file.preload.take().unwrap_or_default(),
            limits: self.limits()?,
            tolerance: self.file.tolerance.take(),
        })
    }

    /// `protocol = "json-lines"`: the command stays alive.
    fn plugin(&mut self) -> Result<PluginSettings, ConfigError> {
        let default = PluginSettings::default();
        let command = self.file.command.take().unwrap_or_default();
        if command.is_empty() {
            return Err(self.error("command", "the key is missing").with_hint("command = [\"python3\", \"score.py\"]"));
        }
        let batch = self.file.batch.take().unwrap_or(default.batch);
        if batch == 0 {
            return Err(self.error("batch", "a batch holds at least one sample"));
        }
        let (timeout, start_timeout) = (self.file.timeout.take(), self.file.start_timeout.take());
        Ok(PluginSettings {
            command: command.into_iter().map(|word| self.beside(word)).collect(),
            batch,
            copies: self.file.copies.take().unwrap_or(default.copies).max(1),
            timeout: self.duration("timeout", timeout, default.timeout)?,
            start_timeout: self.duration("start_timeout", start_timeout, default.start_timeout)?,
            threshold: self.file.threshold.take(),
            env: self.file.env.take().unwrap_or_default(),
        })
    }

    /// A word that names a file beside the experiment file becomes its path.
    fn beside(&self, word: String) -> String {
        let path = self.place.path.parent().map(|folder| folder.join(&word));
        match path.filter(|path| !word.starts_with(['-', '/']) && path.is_file()) {
            Some(path) => path.display().to_string(),
            None => word,
        }
    }

    fn command(&mut self) -> Result<CommandSettings, ConfigError> {
        let (command, language) = (self.file.command.take().unwrap_or_default(), self.file.language.take());
        if command.is_empty() && language.is_none() {
            return Err(self.error("command", "this kind needs `command` or `language`"));
        }
        Ok(CommandSettings { command, language, file: self.file.file.take(), limits: self.limits()? })
    }
}

/// All `[[verifier]]` sections.
pub(super) fn resolve(place: Place<'_>, files: Vec<VerifierFile>) -> Result<Vec<VerifierSpec>, ConfigError> {
    let mut specs: Vec<VerifierSpec> = Vec::with_capacity(files.len());
    for (number, file) in files.into_iter().enumerate() {
        let mut section = Section { place, number, file };
        let kind = section.file.kind.take().ok_or_else(|| {
            section.error("kind", "the key is missing").with_hint(format!("kinds: {}", KINDS.join(", ")))
        })?;
        let name = section.file.name.take().unwrap_or_else(|| kind.clone());
        if specs.iter().any(|s| s.name == name) {
            return Err(section.error("name", format!("there are two verifiers named {name:?}")));
        }
        let role = match section.file.role.take().as_deref() {
            Some("selector") => Role::Selector,
            Some("oracle") => Role::Oracle,
            Some("observer") | None => Role::Observer,
            Some(other) => {
                let hint = nearest("role", other, &["selector", "oracle", "observer"]);
                return Err(section.error("role", format!("unknown role {other:?}")).with_hint(hint));
            }
        };
        let settings = match kind.as_str() {
            "python-tests" => Settings::PythonTests(section.program()?),
            "stdin-stdout" => Settings::StdinStdout(section.program()?),
            "command" => match section.file.protocol.take().as_deref() {
                None => Settings::Command(section.command()?),
                Some("json-lines") => Settings::Plugin(section.plugin()?),
                Some(other) => {
                    let hint = "\"json-lines\", or leave it out: one process for each sample";
                    return Err(section.error("protocol", format!("unknown protocol {other:?}")).with_hint(hint));
                }
            },
            "answer" => Settings::Answer(section.answer()?),
            "reward" => Settings::Reward(section.reward(false)?),
            "process-reward" => Settings::ProcessReward(section.reward(true)?),
            "judge" => Settings::Judge(section.judge()?),
            #[cfg(target_os = "linux")]
            "agreement" => Settings::Agreement(section.agreement()?),
            "ensemble" => Settings::Ensemble(section.ensemble()?),
            "fusion" => Settings::Fusion(section.fusion()?),
            other => {
                let hint = nearest("kind", other, &KINDS);
                return Err(section.error("kind", format!("unknown kind {other:?}")).with_hint(hint));
            }
        };
        refuse_left_over(&section, &kind)?;
        specs.push(VerifierSpec { name, role, settings });
    }
    let mut oracles = (0..specs.len()).filter(|i| specs[*i].role == Role::Oracle);
    if let Some(second) = oracles.nth(1) {
        let key = format!("verifier[{second}].role");
        return Err(place.error(&key, "there can be only one oracle").with_hint("give the others another role"));
    }
    Ok(specs)
}

/// A key that the kind did not take would be ignored in silence.
fn refuse_left_over(section: &Section<'_>, kind: &str) -> Result<(), ConfigError> {
    let left = toml::Table::try_from(&section.file).unwrap_or_default();
    match left.keys().next() {
        Some(key) => Err(section
            .error(key, format!("kind \"{kind}\" has no such key"))
            .with_hint("remove it: it would have no effect")),
        None => Ok(()),
    }
}
