//! Landlock as one more wall: what the mounts forbid stays forbidden if a mount were ever wrong.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    Scope, path_beneath_rules,
};

/// The newest set of rights that is asked for; older kernels give what they have.
const RIGHTS: ABI = ABI::V6;

/// Restricts this process for good: reading under `readable`, everything under `writable`, no network.
pub(super) fn restrict(readable: &[PathBuf], writable: &[&Path]) -> Result<(), RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(RIGHTS))?
        .handle_access(AccessNet::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(RIGHTS)))?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(RIGHTS)))?
        .restrict_self()?;
    Ok(())
}
