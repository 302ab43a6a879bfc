//! A sheet that figures are drawn on from the top down.

use std::fmt::Write;

use crate::visible::visible_line;

/// Width of a sheet, in its own units; it is scaled to where it is shown.
pub const WIDTH: f64 = 900.0;
/// Characters of a text at most.
const MOST_LETTERS: usize = 148;
/// Characters of a heading at most.
const MOST_OF_HEADING: usize = 110;
/// Height of a heading.
const HEADING: f64 = 26.0;

pub const INK: &str = "#1c2430";
pub const SOFT: &str = "#55606e";
pub const RULE: &str = "#d5dae1";

/// Where a text stands to the point that it is written at.
#[derive(Debug, Clone, Copy)]
pub enum Align {
    Start,
    Middle,
    End,
}

/// What was drawn so far.
pub struct Paper {
    body: String,
    /// Where the next figure begins.
    pub top: f64,
}

impl Paper {
    pub fn new() -> Self {
        Self {
            body: String::new(),
            top: 0.0,
        }
    }

    /// The heading of a figure.
    pub fn heading(&mut self, text: &str) {
        let y = self.top + 17.0;
        let text = shortened(text, MOST_OF_HEADING);
        self.text((4.0, y), Align::Start, (13.0, INK), &text, true);
        self.top += HEADING;
    }

    /// A small text.
    pub fn small(&mut self, at: (f64, f64), align: Align, text: &str) {
        self.text(at, align, (11.0, SOFT), text, false);
    }

    /// A text, escaped and cut.
    pub fn text(&mut self, at: (f64, f64), align: Align, (size, colour): (f64, &str), text: &str, bold: bool) {
        self.written(at, align, (size, colour), text, (bold, ""));
    }

    /// The same over lines: they end at a white rim around its letters.
    pub fn text_over_lines(&mut self, at: (f64, f64), align: Align, look: (f64, &str), text: &str, bold: bool) {
        const RIM: &str = " paint-order=\"stroke\" stroke=\"#ffffff\" stroke-width=\"3\"";
        self.written(at, align, look, text, (bold, RIM));
    }

    /// A bold text that runs upwards.
    pub fn upwards(&mut self, (x, y): (f64, f64), (size, colour): (f64, &str), text: &str) {
        let shown = shortened(text, MOST_LETTERS);
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate(-90 {x:.1} {y:.1})\" font-size=\"{size}\" \
             fill=\"{colour}\" font-weight=\"600\">{}</text>",
            escaped(&shown)
        ));
    }

    fn written(
        &mut self,
        at: (f64, f64),
        align: Align,
        (size, colour): (f64, &str),
        text: &str,
        (bold, rim): (bool, &str),
    ) {
        let anchor = match align {
            Align::Start => "start",
            Align::Middle => "middle",
            Align::End => "end",
        };
        let weight = if bold { " font-weight=\"600\"" } else { "" };
        let shown = shortened(text, MOST_LETTERS);
        self.put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{colour}\"{weight}{rim}>{}</text>",
            at.0,
            at.1,
            escaped(&shown)
        ));
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, dashed: bool) {
        let dashes = if dashed { " stroke-dasharray=\"4 3\"" } else { "" };
        self.put(format_args!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"{dashes}/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A filled rectangle.
    pub fn area(&mut self, at: (f64, f64), (width, height): (f64, f64), fill: &str) {
        self.put(format_args!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>",
            at.0, at.1
        ));
    }

    /// A path, as SVG writes it.
    pub fn path(&mut self, path: &str, fill: &str, stroke: &str) {
        self.put(format_args!(
            "<path d=\"{path}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1\"/>"
        ));
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// The document.
    pub fn finish(self) -> String {
        let height = self.top.max(1.0).ceil();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// A text cut to so many characters, hidden ones made visible.
pub fn shortened(text: &str, most: usize) -> String {
    let shown = visible_line(text);
    match shown.char_indices().nth(most) {
        None => shown.into_owned(),
        Some(_) => {
            let kept: String = shown.chars().take(most.saturating_sub(1)).collect();
            kept + "…"
        }
    }
}

/// A text of which so many characters are left, those of its beginning and of its end; hidden ones made visible.
pub fn shortened_within(text: &str, most: usize) -> String {
    let shown = visible_line(text);
    let count = shown.chars().count();
    if count <= most {
        return shown.into_owned();
    }
    let kept = most.saturating_sub(1);
    let head = shown.chars().take(kept - kept / 2);
    let tail = shown.chars().skip(count - kept / 2);
    head.chain(std::iter::once('…')).chain(tail).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
