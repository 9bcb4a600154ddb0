//! The files of `harness/bundled`, embedded: easy problems first.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Name of the function that is asked for, and the file's text.
        pub(super) const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../bundled/", $name, ".py")))),*];
    };
}

files![
    "count_vowels",
    "clamp_all",
    "is_leap_year",
    "merge_counts",
    "rotate_list",
    "digit_sum_chain",
    "second_largest",
    "title_case",
    "pair_with_sum",
    "flatten_config",
    "brackets_balanced",
    "run_length",
    "top_words",
    "merge_intervals",
    "compare_versions",
    "change_ways",
    "parse_duration",
    "spiral_order",
    "wrap_words",
    "edit_distance",
    "eval_expression",
    "glob_match",
    "task_order",
    "shortest_path",
    "number_words",
    "round_half_even",
    "split_csv_line",
];
