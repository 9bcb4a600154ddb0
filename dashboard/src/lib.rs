//! Looks at a run: the terminal view and the figures. Never writes, samples or judges.
