//! Plots stay bounded, escaped and drawn to scale whatever they are made from.

use super::*;

fn plot() -> EventPlot {
    EventPlot {
        version: EventPlot::VERSION,
        origin: 1_795_222_207_000_000_000,
        origin_within: 500_000,
        origin_is: "failure".to_owned(),
        from: -20_000_000,
        bin: 1_000_000,
        lanes: vec![
            PlotLane {
                link: "CE1-PE1".to_owned(),
                packets: [vec![4; 20], vec![0; 60]].concat(),
            },
            PlotLane {
                link: "CE1-PE2".to_owned(),
                packets: [vec![4; 20], vec![3; 38], vec![4; 22]].concat(),
            },
        ],
        lanes_left_out: 0,
        phases: vec![
            PlotPhase {
                name: "detection".to_owned(),
                from: 0,
                to: 28_000_000,
                took: "28 ms".to_owned(),
            },
            PlotPhase {
                name: "switch-over".to_owned(),
                from: 28_000_000,
                to: 38_000_000,
                took: "10 ms".to_owned(),
            },
        ],
        marks: vec![PlotMark {
            at: 28_000_000,
            text: "BFD Up → Down".to_owned(),
        }],
    }
}

fn matrix(flows: usize, links: usize) -> FlowMatrix {
    FlowMatrix {
        links: (0..links).map(|link| format!("link {link}")).collect(),
        flows: (0..flows)
            .map(|flow| MatrixFlow {
                flow: format!("10.3.1.2:{flow} -> 1.1.1.1:7000 udp"),
                packets: (0..links)
                    .map(|link| if link == flow % links { 1234 } else { 0 })
                    .collect(),
            })
            .collect(),
        left_out: 0,
    }
}

/// The document is well-formed: every element closes, and nothing but SVG's own elements is in it.
fn elements(svg: &str) -> Vec<&str> {
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    svg.split('<')
        .skip(1)
        .map(|element| element.split([' ', '>', '/']).next().unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn a_failover_is_drawn_with_phases_lanes_and_units() {
    let svg = svg(&[Figure::Packets("PE1: packets around the failure", &plot())]);
    for text in [
        "detection 28 ms",
        "switch-over 10 ms",
        "CE1-PE1, packets/s",
        "CE1-PE2, packets/s",
        "ms since the failure, known to ±500 µs; bins of 1 ms",
        ">+50<",
        ">-10<",
        "4\u{2009}000",
        "1 at +28 ms: BFD Up → Down",
    ] {
        assert!(svg.contains(text), "{text} is not in\n{svg}");
    }
}

#[test]
fn lanes_are_drawn_to_one_scale() {
    let mut plot = plot();
    plot.lanes[0].packets = vec![8; 10];
    plot.lanes[1].packets = vec![2; 10];
    let drawn = svg(&[Figure::Packets("x", &plot)]);
    // 8,000 packets/s reach four fifths of a scale to 10,000, 2,000 one fifth; each lane is 74 high.
    let heights: Vec<f64> = drawn
        .lines()
        .filter_map(|line| line.strip_prefix("<path d=\"M92.0 "))
        .map(|path| {
            let (bottom, rest) = path.split_once('L').unwrap();
            let (_, top) = rest.split_once(' ').unwrap();
            let top: f64 = top.split('H').next().unwrap().parse().unwrap();
            bottom.parse::<f64>().unwrap() - top
        })
        .collect();
    assert_eq!(heights.len(), 2);
    assert!(
        (heights[0] - 59.2).abs() < 0.2 && (heights[1] - 14.8).abs() < 0.2,
        "{heights:?}"
    );
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "</text><script>alert(1)</script>\u{202e}\u{7}&\"'";
    let mut plot = plot();
    plot.lanes[0].link = hostile.to_owned();
    plot.phases[0].name = hostile.to_owned();
    plot.phases[0].took = hostile.to_owned();
    plot.marks[0].text = hostile.to_owned();
    plot.origin_is = hostile.to_owned();
    let mut matrix = matrix(2, 2);
    matrix.links[0] = hostile.to_owned();
    matrix.flows[0].flow = hostile.to_owned();
    let svg = svg(&[Figure::Packets(hostile, &plot), Figure::Matrix(hostile, &matrix)]);
    for name in elements(&svg) {
        assert!(
            ["svg", "text", "line", "rect", "path"].contains(&name),
            "{name} in\n{svg}"
        );
    }
    assert!(!svg.contains('\u{202e}') && !svg.contains('\u{7}'));
    assert!(svg.contains("&lt;script&gt;"));
}

#[test]
fn odd_numbers_draw_something_bounded() {
    let long = "x".repeat(100_000);
    let mut plots = vec![EventPlot {
        lanes: Vec::new(),
        ..plot()
    }];
    for (origin_within, from, bin) in [
        (i64::MAX, i64::MAX, i64::MAX),
        (i64::MIN, i64::MIN, 1),
        (-1, 0, 0),
        (0, i64::MIN, i64::MAX),
        (0, 0, -5),
    ] {
        let mut plot = plot();
        (plot.origin_within, plot.from, plot.bin) = (origin_within, from, bin);
        plot.lanes = (0..100)
            .map(|_| PlotLane {
                link: long.clone(),
                packets: vec![u32::MAX; 3000],
            })
            .collect();
        plot.phases = vec![
            PlotPhase {
                name: long.clone(),
                from: i64::MAX,
                to: i64::MIN,
                took: long.clone(),
            };
            100
        ];
        plot.marks = vec![
            PlotMark {
                at: i64::MIN,
                text: long.clone(),
            };
            100
        ];
        plots.push(plot);
    }
    for plot in &plots {
        let svg = svg(&[Figure::Packets(&long, plot)]);
        elements(&svg);
        assert!(svg.len() < 400_000, "{}", svg.len());
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{plot:?}");
    }
}

#[test]
fn what_is_left_out_of_a_matrix_is_said() {
    let mut all = matrix(50, 20);
    all.left_out = 7;
    let drawn = svg(&[Figure::Matrix("balance", &all)]);
    assert!(drawn.contains("17 more flows are not drawn") && drawn.contains("4 more links are not drawn"));
    let few = svg(&[Figure::Matrix("balance", &matrix(4, 2))]);
    assert!(few.contains("1\u{2009}234") && !few.contains("not drawn"));
    // Every flow on its own link: four cells are filled.
    assert_eq!(few.matches("fill=\"#7da8db\"").count(), 4);
}

#[test]
fn nothing_to_draw_is_said() {
    assert!(svg(&[]).contains("nothing was captured"));
    assert!(svg(&[Figure::Matrix("m", &matrix(0, 2))]).contains("no packets were counted"));
}

#[test]
fn steps_are_nice() {
    for (least, step) in [(0, 1), (3, 5), (11, 20), (100, 100), (i64::MAX, i64::MAX)] {
        assert_eq!(scale::nice_step(least), step);
    }
    assert_eq!(scale::ticks(-25, 25, 10), [-20, -10, 0, 10, 20]);
    assert_eq!(scale::ticks(i64::MAX - 1, i64::MAX, 5).len(), 0);
    assert!(scale::ticks(i64::MIN, i64::MAX, 1).len() <= 40);
}

/// What the attribute of an element says.
fn number(element: &str, attribute: &str) -> f64 {
    let (_, rest) = element.split_once(&format!(" {attribute}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn long_names_of_links_stand_upright_and_keep_what_tells_them_apart() {
    let mut long = matrix(3, 16);
    for (number, link) in long.links.iter_mut().enumerate() {
        *link = format!("aggregation-router-of-the-north-west-{number}-HundredGigE0/1/{number}");
    }
    let drawn = svg(&[Figure::Matrix("balance", &long)]);
    let heads: Vec<&str> = drawn.lines().filter(|line| line.contains("rotate(-90")).collect();
    assert_eq!(heads.len(), 16);
    for (number_of_link, head) in heads.iter().enumerate() {
        assert!(
            head.contains(&format!("HundredGigE0/1/{number_of_link}</text>")),
            "{head}"
        );
        // It ends below the heading of the figure.
        let letters = head
            .rsplit('>')
            .nth(1)
            .unwrap()
            .trim_end_matches("</text")
            .chars()
            .count();
        assert!(number(head, "y") - 6.0 * letters as f64 > 20.0, "{head}");
    }
    let between = |pair: &[&str]| number(pair[1], "x") - number(pair[0], "x");
    assert!(heads.windows(2).all(|pair| between(pair) > 11.0), "they touch");
    assert!(!svg(&[Figure::Matrix("balance", &matrix(3, 2))]).contains("rotate"));
}

#[test]
fn no_number_of_an_axis_runs_over_the_edge() {
    for (bin, bins) in [(10_000_000, 200), (1_000, 1), (1_000_000_000, 20), (50_000, 400)] {
        let mut plot = plot();
        (plot.from, plot.bin) = (0, bin);
        plot.lanes[0].packets = vec![1; bins];
        let drawn = svg(&[Figure::Packets("x", &plot)]);
        let labels = drawn
            .lines()
            .filter(|line| line.contains("text-anchor=\"middle\"") && line.contains(">+"));
        for label in labels {
            let letters = label
                .rsplit('>')
                .nth(1)
                .unwrap()
                .trim_end_matches("</text")
                .chars()
                .count();
            assert!(number(label, "x") + 3.5 * letters as f64 <= 900.0, "{label}");
        }
    }
}
