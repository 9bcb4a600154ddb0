//! `python-tests` and `stdin-stdout` as an experiment asks for them: one set may have problems of both kinds (LiveCodeBench, APPS).

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::python_tests::futures_of;
use super::{PythonTests, StdinStdout};
use crate::domain::{Problem, SandboxClass, Verdict};
use crate::registry::{BuildError, Ports, ProgramSettings};
use crate::verifier::{Candidate, Scope, Verifier};

/// The two kinds of tests for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Functions are called.
    PythonTests,
    /// Text in, text out.
    StdinStdout,
}

/// Judges each problem by the kind that its tests have, with the same limits. Where a problem has both, by the kind that was asked for.
#[derive(Debug)]
pub struct Programs {
    kind: Kind,
    functions: PythonTests,
    texts: StdinStdout,
    /// Whole programs that may run at once: as many as there are workers.
    turns: Semaphore,
}

impl Programs {
    /// A verifier for Python programs.
    ///
    /// # Errors
    /// As [`PythonTests::start`] and [`StdinStdout::new`].
    pub fn start(
        kind: Kind,
        settings: &ProgramSettings,
        class: SandboxClass,
        ports: &Ports,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            kind,
            functions: PythonTests::start(settings, class, ports)?,
            texts: StdinStdout::new(settings, class, ports)?,
            turns: Semaphore::new(ports.workers.max(1)),
        })
    }

    async fn verdict(&self, one: &[Candidate]) -> Vec<Verdict> {
        match one.first().map(|candidate| self.kind_of(&candidate.problem)) {
            Some(Kind::StdinStdout) => {
                let _turn = self.turns.acquire().await;
                self.texts.judge(one).await
            }
            _ => self.functions.judge(one).await,
        }
    }

    fn kind_of(&self, problem: &Problem) -> Kind {
        match (self.functions.can_judge(problem), self.texts.can_judge(problem)) {
            (true, false) => Kind::PythonTests,
            (false, true) => Kind::StdinStdout,
            _ => self.kind,
        }
    }
}

#[async_trait]
impl Verifier for Programs {
    fn version(&self) -> String {
        match self.kind {
            Kind::PythonTests => self.functions.version(),
            Kind::StdinStdout => self.texts.version(),
        }
    }

    fn scope(&self) -> Scope {
        self.functions.scope()
    }

    fn concurrency(&self) -> usize {
        self.functions.concurrency()
    }

    fn dedupe_key(&self, candidate: &Candidate) -> Option<[u8; 32]> {
        match self.kind_of(&candidate.problem) {
            Kind::PythonTests => self.functions.dedupe_key(candidate),
            Kind::StdinStdout => self.texts.dedupe_key(candidate),
        }
    }

    fn get_ready(&self) {
        // whole programs have nothing to start beforehand
        if self.kind == Kind::PythonTests {
            self.functions.get_ready();
        }
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let verdicts = futures_of(batch.chunks(1).map(|one| self.verdict(one))).await;
        verdicts.into_iter().flatten().collect()
    }

    async fn close(&self) {
        self.functions.close().await;
    }
}
