//! Colours and signs: dark and light, from true colour down to none, and plain ASCII.

use ratatui::style::{Color, Modifier, Style};

use crate::snapshot::{Cell, Level, RunState};

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The 16 of old.
    Ansi,
    /// None (`NO_COLOR`): only bold, dim and reversed.
    None,
}

/// What the terminal's own background is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
}

/// Which signs may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// Box drawing, blocks and Braille.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// How everything looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// How many colours there are.
    pub depth: Depth,
    /// What they stand on.
    pub ground: Ground,
    /// Which signs there are.
    pub signs: Signs,
}

type Rgb = (u8, u8, u8);

/// Okabe and Ito (2008), distinguishable with every kind of colour vision; a light and a dark shade of each.
const SERIES: [(Rgb, Rgb, Color); 6] = [
    ((86, 180, 233), (0, 100, 165), Color::Cyan),
    ((240, 170, 50), (170, 95, 0), Color::Yellow),
    ((40, 190, 145), (0, 120, 88), Color::Green),
    ((224, 150, 190), (160, 70, 120), Color::Magenta),
    ((235, 110, 60), (190, 75, 0), Color::Red),
    ((150, 150, 235), (70, 70, 170), Color::Blue),
];

impl Theme {
    /// The theme of most terminals.
    pub const DARK: Self = Self { depth: Depth::True, ground: Ground::Dark, signs: Signs::Unicode };

    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`, `COLORFGBG`, the locale. `get` reads a variable.
    #[must_use]
    pub fn detect(get: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| get(name).filter(|v| !v.is_empty());
        let term = filled("TERM").unwrap_or_default();
        let depth = if filled("NO_COLOR").is_some() || term == "dumb" {
            Depth::None
        } else if filled("COLORTERM").is_some_and(|c| c.contains("truecolor") || c.contains("24bit"))
            || term.contains("direct")
        {
            Depth::True
        } else if term.contains("256") || term.contains("kitty") || term.contains("alacritty") {
            Depth::Indexed
        } else {
            Depth::Ansi
        };
        let ground = match filled("COLORFGBG").and_then(|v| v.rsplit(';').next().and_then(|b| b.parse::<u8>().ok())) {
            Some(7 | 15) => Ground::Light,
            _ => Ground::Dark,
        };
        let locale = filled("LC_ALL").or_else(|| filled("LC_CTYPE")).or_else(|| filled("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_uppercase();
        let knows = (locale.contains("UTF-8") || locale.contains("UTF8")) && term != "linux" && term != "dumb";
        Self { depth, ground, signs: if knows { Signs::Unicode } else { Signs::Ascii } }
    }

    /// The next look for the reader who presses the key: the other ground, no colour, ASCII, and round again.
    #[must_use]
    pub fn next(self, first: Self) -> Self {
        let other = match first.ground {
            Ground::Dark => Ground::Light,
            Ground::Light => Ground::Dark,
        };
        let ring = [
            first,
            Self { ground: other, ..first },
            Self { depth: Depth::None, ..first },
            Self { depth: Depth::None, signs: Signs::Ascii, ..first },
        ];
        let place = ring.iter().position(|t| *t == self).unwrap_or(0);
        (1..ring.len()).map(|step| ring[(place + step) % ring.len()]).find(|t| *t != self).unwrap_or(first)
    }

    /// Its name for a notice.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.depth, self.signs, self.ground) {
            (Depth::None, Signs::Ascii, _) => "ASCII, no colour",
            (Depth::None, _, _) => "no colour",
            (_, Signs::Ascii, _) => "ASCII",
            (_, _, Ground::Dark) => "dark",
            (_, _, Ground::Light) => "light",
        }
    }

    fn colour(self, dark: Rgb, light: Rgb, ansi: Color) -> Option<Color> {
        let rgb = if self.ground == Ground::Dark { dark } else { light };
        match self.depth {
            Depth::True => Some(Color::Rgb(rgb.0, rgb.1, rgb.2)),
            Depth::Indexed => Some(Color::Indexed(nearest(rgb))),
            Depth::Ansi => Some(ansi),
            Depth::None => None,
        }
    }

    fn fg(self, dark: Rgb, light: Rgb, ansi: Color) -> Style {
        self.colour(dark, light, ansi).map_or_else(Style::new, |c| Style::new().fg(c))
    }

    /// Plain text.
    #[must_use]
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Text that steps back: labels, axes.
    #[must_use]
    pub fn dim(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.fg((138, 145, 158), (105, 110, 120), Color::DarkGray),
        }
    }

    /// Lines that separate.
    #[must_use]
    pub fn rule(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.fg((66, 72, 84), (196, 200, 208), Color::DarkGray),
        }
    }

    /// Numbers and words that matter.
    #[must_use]
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Titles, keys, the view that is open.
    #[must_use]
    pub fn accent(self) -> Style {
        self.series(0)
    }

    /// The row or tab that is chosen.
    #[must_use]
    pub fn selected(self) -> Style {
        let ground = match self.depth {
            Depth::True | Depth::Indexed => self.colour((38, 52, 68), (214, 229, 242), Color::Blue),
            Depth::Ansi | Depth::None => None,
        };
        ground.map_or_else(|| Style::new().add_modifier(Modifier::REVERSED), |g| Style::new().bg(g))
    }

    /// Right, done, well.
    #[must_use]
    pub fn good(self) -> Style {
        self.series(2)
    }

    /// Worth a look.
    #[must_use]
    pub fn warn(self) -> Style {
        self.series(1)
    }

    /// Wrong, lost.
    #[must_use]
    pub fn bad(self) -> Style {
        let style = self.fg((240, 98, 80), (190, 45, 30), Color::LightRed);
        if self.depth == Depth::None { style.add_modifier(Modifier::BOLD) } else { style }
    }

    /// A line of a chart.
    #[must_use]
    pub fn series(self, index: usize) -> Style {
        let (dark, light, ansi) = SERIES[index % SERIES.len()];
        self.fg(dark, light, ansi)
    }

    /// The ground of a line's band; `None` where a terminal has no shade that is faint enough.
    #[must_use]
    pub fn band(self, index: usize) -> Option<Color> {
        let (dark, light, ansi) = SERIES[index % SERIES.len()];
        let mix = |c: u8, ground: u16, share: u16| {
            u8::try_from((u16::from(c) * share + ground * (100 - share)) / 100).unwrap_or(u8::MAX)
        };
        let on = |rgb: Rgb, ground: u16, share: u16| {
            (mix(rgb.0, ground, share), mix(rgb.1, ground, share), mix(rgb.2, ground, share))
        };
        match self.depth {
            Depth::True | Depth::Indexed => self.colour(on(dark, 24, 24), on(light, 255, 18), ansi),
            Depth::Ansi | Depth::None => None,
        }
    }

    /// The sign and the style of a sample in a strip: told apart by shape, too.
    #[must_use]
    pub fn cell(self, cell: Cell) -> (&'static str, Style) {
        let unicode = self.signs == Signs::Unicode;
        let pick = |sign: &'static str, ascii: &'static str| if unicode { sign } else { ascii };
        match cell {
            Cell::TruePositive => (pick("■", "#"), self.good()),
            Cell::FalsePositive => (pick("▲", "!"), self.bad()),
            Cell::FalseNegative => (pick("□", "o"), self.warn()),
            Cell::TrueNegative => (pick("·", "."), self.dim()),
            Cell::Accepted => (pick("◆", "+"), self.series(0)),
            Cell::Rejected => (pick("◇", "-"), self.dim()),
            Cell::Waiting => (pick("○", "?"), self.series(5)),
            Cell::Missing => (pick("×", "x"), self.warn()),
            Cell::Pending => (" ", self.rule()),
        }
    }

    /// The style of a run's state.
    #[must_use]
    pub fn state(self, state: RunState) -> Style {
        match state {
            RunState::Running => self.accent(),
            RunState::Finished => self.good(),
            RunState::Paused | RunState::Stopped => self.warn(),
            RunState::Failed | RunState::Lost => self.bad(),
            RunState::Empty => self.dim(),
        }
    }

    /// The style of a level.
    #[must_use]
    pub fn level(self, level: Level) -> Style {
        match level {
            Level::Info => self.dim(),
            Level::Warn => self.warn(),
            Level::Error => self.bad(),
        }
    }

    /// A word in code.
    #[must_use]
    pub fn code(self, token: crate::highlight::Token) -> Style {
        use crate::highlight::Token;
        match token {
            Token::Plain => Style::new(),
            Token::Keyword => match self.depth {
                Depth::None => Style::new().add_modifier(Modifier::BOLD),
                _ => self.series(3),
            },
            Token::String => self.series(2),
            Token::Number => self.series(1),
            Token::Comment => self.dim().add_modifier(Modifier::ITALIC),
            Token::Name => self.series(0),
        }
    }
}

/// The nearest of xterm's 6 x 6 x 6 colours and 24 greys.
fn nearest(rgb: Rgb) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |a: Rgb| {
        [(a.0, rgb.0), (a.1, rgb.1), (a.2, rgb.2)].iter().map(|&(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum::<u32>()
    };
    let cube = (0u8..216).map(|i| {
        let at = |n: u8| LEVELS[usize::from(n)];
        (16 + i, (at(i / 36), at(i / 6 % 6), at(i % 6)))
    });
    let greys = (0u8..24).map(|i| (232 + i, (8 + 10 * i, 8 + 10 * i, 8 + 10 * i)));
    cube.chain(greys).min_by_key(|&(_, colour)| distance(colour)).map_or(7, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&'static str, &'static str)]) -> Theme {
        Theme::detect(|name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()))
    }

    #[test]
    fn the_environment_decides() {
        let modern = with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "en_GB.UTF-8")]);
        assert_eq!(modern, Theme::DARK);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).depth, Depth::None);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]).depth, Depth::Indexed);
        assert_eq!(with(&[("TERM", "linux"), ("LANG", "C.UTF-8")]).signs, Signs::Ascii);
        assert_eq!(with(&[("COLORFGBG", "0;15")]).ground, Ground::Light);
    }

    #[test]
    fn the_key_goes_round() {
        let mut theme = Theme::DARK;
        for _ in 0..4 {
            theme = theme.next(Theme::DARK);
        }
        assert_eq!(theme, Theme::DARK);
    }

    #[test]
    fn nearest_finds_exact_colours() {
        assert_eq!(nearest((255, 0, 0)), 196);
        assert_eq!(nearest((8, 8, 8)), 232);
    }

    #[test]
    fn cells_differ_without_colour() {
        for signs in [Signs::Unicode, Signs::Ascii] {
            let theme = Theme { depth: Depth::None, ground: Ground::Dark, signs };
            let drawn: std::collections::BTreeSet<_> = Cell::ALL.iter().map(|c| theme.cell(*c).0).collect();
            assert_eq!(drawn.len(), Cell::ALL.len());
        }
    }
}
