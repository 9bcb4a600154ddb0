//! Agreement between sampled solutions and generated tests: sets of solutions that pass the same tests.

use std::collections::HashMap;

use super::{StatsError, same_length};

/// Solutions that pass exactly the same tests.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsensusSet {
    /// Places of the solutions.
    pub solutions: Vec<usize>,
    /// Places of the tests they pass.
    pub tests: Vec<usize>,
    /// |solutions| x |tests|, as the paper writes it.
    pub product: f64,
    /// sqrt(|solutions|) x |tests|, as the authors' code has it.
    pub sqrt: f64,
}

/// Consensus sets and the solutions of the best.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Agreement {
    /// Sets in the order of their first solution. Repeated solutions and tests count as often as they occur.
    pub sets: Vec<ConsensusSet>,
    /// Solutions of every set tied at the highest product.
    pub best_product: Vec<usize>,
    /// Solutions of every set tied at the highest square-root score.
    pub best_sqrt: Vec<usize>,
}

/// CodeT. Shapes: `passes[solution][test]`. Source: Chen et al. 2022, arXiv:2207.10397, section 2.3.
///
/// # Errors
/// Rows of different length.
pub fn codet(passes: &[Vec<bool>]) -> Result<Agreement, StatsError> {
    let mut places: HashMap<&[bool], usize> = HashMap::new();
    let mut sets: Vec<ConsensusSet> = Vec::new();
    for (i, row) in passes.iter().enumerate() {
        same_length("rows of passes", passes[0].len(), row.len())?;
        let place = *places.entry(row).or_insert_with(|| {
            let tests = (0..row.len()).filter(|&t| row[t]).collect();
            sets.push(ConsensusSet { solutions: Vec::new(), tests, product: 0.0, sqrt: 0.0 });
            sets.len() - 1
        });
        sets[place].solutions.push(i);
    }
    for set in &mut sets {
        let (solutions, tests) = (set.solutions.len() as f64, set.tests.len() as f64);
        (set.product, set.sqrt) = (solutions * tests, solutions.sqrt() * tests);
    }
    let best = |score: &dyn Fn(&ConsensusSet) -> f64| {
        let top = sets.iter().map(score).fold(0.0, f64::max);
        let mut all: Vec<usize> =
            sets.iter().filter(|s| score(s) >= top - 1e-9 * top).flat_map(|s| s.solutions.clone()).collect();
        all.sort_unstable();
        all
    };
    let (best_product, best_sqrt) = (best(&|s| s.product), best(&|s| s.sqrt));
    Ok(Agreement { sets, best_product, best_sqrt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_scores_may_disagree_and_ties_are_all_kept() {
        let passes: Vec<Vec<bool>> =
            [[true, true, false]; 4].into_iter().chain([[true; 3]; 2]).map(|r| r.to_vec()).collect();
        let got = codet(&passes).unwrap();
        assert_eq!((got.best_product, got.best_sqrt), (vec![0, 1, 2, 3], vec![4, 5]));
        let none = codet(&[vec![false], vec![false]]).unwrap();
        assert_eq!((none.sets.len(), none.best_product), (1, vec![0, 1]));
        let tied = codet(&[vec![true, false], vec![false, true]]).unwrap();
        assert_eq!(tied.best_sqrt, [0, 1]);
        assert!(codet(&[vec![true], vec![]]).is_err());
        assert_eq!(codet(&[]).unwrap(), Agreement::default());
    }
}
