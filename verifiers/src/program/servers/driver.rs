//! The process that runs trusted tests.

use super::{
    DRIVER, Fault, Filter, LEAVE, Line, PATIENCE, Process, Sandbox, Setup, SocketType, Stop, Writer, broken, passing,
    wait_for_end,
};

/// The process that runs trusted tests.
pub(in crate::program) struct Driver {
    sandbox: Sandbox,
    pub(in crate::program) line: Line,
    pub(in crate::program) served: u32,
    /// Suites that it has, with the number of the predictions that it was given.
    pub(in crate::program) suites: std::collections::HashMap<u64, u64>,
}

impl Driver {
    pub(in crate::program) fn start(setup: &Setup) -> Result<Self, Fault> {
        let what = "the test driver";
        let (ours, theirs) = passing::pair(SocketType::STREAM).map_err(broken(what))?;
        // what the tests hold is the data set's, so they get room of their own
        let mut roomy = setup.clone();
        roomy.limits.memory_bytes = setup.limits.memory_bytes.max(4 << 30);
        let sandbox = roomy.start(DRIVER, Filter::General, &theirs)?;
        drop(theirs);
        let line = Line::new(ours, Process::Trusted, PATIENCE).map_err(broken(what))?;
        let mut driver = Self { sandbox, line, served: 0, suites: std::collections::HashMap::new() };
        let mut w = Writer::default();
        w.tuple(2).strings(setup.interpreter.path.iter().map(String::as_str));
        w.strings(setup.preload.iter().map(String::as_str));
        driver.line.send(&w.frame(b'C')).and_then(|()| driver.line.receive()).map_err(driver_fault)?;
        Ok(driver)
    }

    /// Sends an order and waits for the answer.
    pub(in crate::program) fn ask(&mut self, frame: &[u8]) -> Result<(u8, Vec<u8>), Fault> {
        self.line.rewind(PATIENCE);
        self.line.send(frame).and_then(|()| self.line.receive()).map_err(driver_fault)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.line.hang_up();
        wait_for_end(&self.sandbox, LEAVE);
    }
}

fn driver_fault(stop: Stop) -> Fault {
    let why = match stop {
        Stop::Timeout => "no answer",
        _ => "it ended",
    };
    Fault::Process { what: "the test driver", why: why.into() }
}
