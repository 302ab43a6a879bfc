//! Where the devices of a lab stand in its drawing: the same links always give the same places.

use std::collections::VecDeque;

/// A place, in links' lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// Starting orders tried; the best result is taken.
const STARTS: u64 = 16;
/// Rounds of improvement for each.
const ROUNDS: usize = 120;
/// Devices that stand nearly in a line are put in line.
const NEARLY: f64 = 0.16;

/// Places for `n` devices joined by links, such that distance in the drawing is distance in the network (stress
/// majorisation, Gansner et al. 2004), with few crossings, and wider than high.
pub fn places(n: usize, links: &[(usize, usize)]) -> Vec<Point> {
    if n <= 1 {
        return vec![Point { x: 0.0, y: 0.0 }; n];
    }
    if let Some(places) = rows(n, links) {
        return places;
    }
    let distances = distances(n, links);
    let best = (0..STARTS)
        .map(|seed| settle(circle(n, seed), &distances))
        .map(|places| (cost(&places, links, &distances), places))
        // `<` keeps the first of equals.
        .reduce(|best, other| if other.0 < best.0 - 1e-9 { other } else { best });
    let mut places = best.map(|(_, places)| places).unwrap_or_default();
    turn(&mut places);
    align(&mut places, |place| &mut place.x);
    align(&mut places, |place| &mut place.y);
    places
}

/// Gives devices that stand nearly in a row, or in a column, the same coordinate.
fn align(places: &mut [Point], coordinate: fn(&mut Point) -> &mut f64) {
    let mut order: Vec<(f64, usize)> = places
        .iter_mut()
        .enumerate()
        .map(|(device, place)| (*coordinate(place), device))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rest = order.as_slice();
    while let Some((first, _)) = rest.first() {
        let row = rest.iter().take_while(|(at, _)| at - first < NEARLY).count().max(1);
        let (aligned, others) = rest.split_at(row);
        let middle = aligned.iter().map(|(at, _)| at).sum::<f64>() / row as f64;
        for (_, device) in aligned {
            *coordinate(&mut places[*device]) = middle;
        }
        rest = others;
    }
}

/// Two rows, for labs in which every device of a few is linked with nearly every other one (spines and leaves): a
/// drawing by distance would heap the few up in the middle.
fn rows(n: usize, links: &[(usize, usize)]) -> Option<Vec<Point>> {
    let distances = distances(n, links);
    // The device with most links is in the upper row, and with it everything at an even distance.
    let degree = |device: usize| links.iter().filter(|(a, b)| *a == device || *b == device).count();
    let first = (0..n).rev().max_by_key(|device| degree(*device))?;
    let upper: Vec<bool> = distances[first]
        .iter()
        .map(|far| (*far as usize).is_multiple_of(2))
        .collect();
    let high = upper.iter().filter(|upper| **upper).count();
    let low = n - high;
    let dense = links.len() * 10 >= high * low * 7;
    if high < 2 || low < 3 || !dense || links.iter().any(|(a, b)| upper[*a] == upper[*b]) {
        return None;
    }
    let width = (high.max(low) - 1) as f64 * 0.75;
    let apart = (width / 3.0).clamp(1.4, 2.6);
    let mut taken = [0usize; 2];
    let places = upper.iter().map(|upper| {
        let (row, many) = if *upper { (0, high) } else { (1, low) };
        let number = taken[row] as f64;
        taken[row] += 1;
        // The shorter row spreads as far as two thirds of the longer one.
        let span = if many == high.max(low) { width } else { width * 0.67 };
        Point {
            x: (number / (many - 1) as f64 - 0.5) * span,
            y: if *upper { 0.0 } else { apart },
        }
    });
    Some(places.collect())
}

/// Number of links between every two devices; parts that no link joins stand a little apart.
fn distances(n: usize, links: &[(usize, usize)]) -> Vec<Vec<f64>> {
    let mut neighbours = vec![Vec::new(); n];
    for &(a, b) in links {
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    let mut all = Vec::with_capacity(n);
    for from in 0..n {
        let mut row: Vec<Option<u32>> = vec![None; n];
        row[from] = Some(0);
        let mut queue = VecDeque::from([(from, 0u32)]);
        while let Some((device, far)) = queue.pop_front() {
            for &next in &neighbours[device] {
                if row[next].is_none() {
                    row[next] = Some(far + 1);
                    queue.push_back((next, far + 1));
                }
            }
        }
        all.push(row);
    }
    let farthest = all.iter().flatten().flatten().copied().max().unwrap_or(1).max(1);
    let apart = f64::from(farthest).min(2.0) + 0.5;
    all.into_iter()
        .map(|row| row.into_iter().map(|far| far.map_or(apart, f64::from)).collect())
        .collect()
}

/// The devices on a circle, in an order that depends on the seed alone; seed 0 is the order of the inventory.
fn circle(n: usize, seed: u64) -> Vec<Point> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = seed;
    if seed > 0 {
        for last in (1..n).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            order.swap(last, (state >> 33) as usize % (last + 1));
        }
    }
    let radius = n as f64 / std::f64::consts::TAU;
    let mut places = vec![Point { x: 0.0, y: 0.0 }; n];
    for (position, device) in order.into_iter().enumerate() {
        let angle = std::f64::consts::TAU * position as f64 / n as f64;
        places[device] = Point {
            x: radius * angle.cos(),
            y: radius * angle.sin(),
        };
    }
    places
}

/// Moves every device to where the others want it, round after round.
fn settle(mut places: Vec<Point>, distances: &[Vec<f64>]) -> Vec<Point> {
    for _ in 0..ROUNDS {
        for i in 0..places.len() {
            let (mut x, mut y, mut weights) = (0.0, 0.0, 0.0);
            for (j, other) in places.iter().enumerate().filter(|(j, _)| *j != i) {
                let wanted = distances[i][j].max(0.5);
                let weight = 1.0 / (wanted * wanted);
                let (dx, dy) = (places[i].x - other.x, places[i].y - other.y);
                let far = dx.hypot(dy).max(1e-6);
                x += weight * (other.x + wanted * dx / far);
                y += weight * (other.y + wanted * dy / far);
                weights += weight;
            }
            places[i] = Point {
                x: x / weights,
                y: y / weights,
            };
        }
    }
    places
}

/// How bad a drawing is: crossings and links under a strange device count most, then wrong distances.
fn cost(places: &[Point], links: &[(usize, usize)], distances: &[Vec<f64>]) -> f64 {
    let mut cost = 0.0;
    for i in 0..places.len() {
        for j in 0..i {
            let wanted = distances[i][j].max(0.5);
            let far = (places[i].x - places[j].x).hypot(places[i].y - places[j].y);
            cost += ((far - wanted) / wanted).powi(2);
            if far < 0.5 {
                cost += 20.0;
            }
        }
    }
    for (number, &(a, b)) in links.iter().enumerate() {
        for &(c, d) in &links[..number] {
            let apart = a != c && a != d && b != c && b != d;
            if apart && cross(places[a], places[b], places[c], places[d]) {
                cost += 10.0;
            }
        }
        for (device, place) in places.iter().enumerate() {
            if device != a && device != b && distance_to(*place, places[a], places[b]) < 0.25 {
                cost += 15.0;
            }
        }
    }
    cost
}

fn cross(a: Point, b: Point, c: Point, d: Point) -> bool {
    let side = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x) > 0.0;
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

/// Distance from a point to a stretch of line.
pub fn distance_to(point: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = (dx * dx + dy * dy).max(1e-12);
    let along = (((point.x - a.x) * dx + (point.y - a.y) * dy) / length).clamp(0.0, 1.0);
    (point.x - a.x - along * dx).hypot(point.y - a.y - along * dy)
}

/// Turns the drawing so that its longest axis lies flat, the first device in the upper half and the last to the right.
fn turn(places: &mut [Point]) {
    let n = places.len() as f64;
    let middle = Point {
        x: places.iter().map(|place| place.x).sum::<f64>() / n,
        y: places.iter().map(|place| place.y).sum::<f64>() / n,
    };
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for place in places.iter_mut() {
        place.x -= middle.x;
        place.y -= middle.y;
        xx += place.x * place.x;
        xy += place.x * place.y;
        yy += place.y * place.y;
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (sin, cos) = (-angle).sin_cos();
    for place in places.iter_mut() {
        *place = Point {
            x: place.x * cos - place.y * sin,
            y: place.x * sin + place.y * cos,
        };
    }
    let up = places
        .iter()
        .find(|place| place.y.abs() > 1e-3)
        .is_some_and(|place| place.y > 0.0);
    let left = places
        .iter()
        .rev()
        .find(|place| place.x.abs() > 1e-3)
        .is_some_and(|place| place.x < 0.0);
    for place in places.iter_mut() {
        if up {
            place.y = -place.y;
        }
        if left {
            place.x = -place.x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_links_give_the_same_places() {
        let links = [(0, 2), (0, 1), (1, 2), (0, 3), (1, 3), (2, 4)];
        assert_eq!(places(5, &links), places(5, &links));
    }

    #[test]
    fn a_planar_lab_has_no_crossings_and_no_two_devices_in_one_place() {
        let links = [(0, 2), (0, 1), (1, 2), (0, 3), (1, 3), (2, 4)];
        let places = places(5, &links);
        for (number, &(a, b)) in links.iter().enumerate() {
            for &(c, d) in &links[..number] {
                let apart = a != c && a != d && b != c && b != d;
                assert!(
                    !(apart && cross(places[a], places[b], places[c], places[d])),
                    "{a}-{b} and {c}-{d}"
                );
            }
        }
        for i in 0..5 {
            for j in 0..i {
                assert!(
                    (places[i].x - places[j].x).hypot(places[i].y - places[j].y) > 0.6,
                    "{i} and {j}: {places:?}"
                );
            }
        }
    }

    #[test]
    fn a_line_is_straight() {
        let places = places(3, &[(0, 1), (1, 2)]);
        assert!(places.iter().all(|place| place.y.abs() < 0.02), "{places:?}");
    }

    #[test]
    fn spines_and_leaves_stand_in_two_rows() {
        let links: Vec<_> = (3..11)
            .flat_map(|leaf| (0..3).map(move |spine| (spine, leaf)))
            .collect();
        let places = places(11, &links);
        assert!(places[..3].iter().all(|place| place.y < places[3].y));
        assert!(
            places[3..]
                .windows(2)
                .all(|pair| pair[0].x < pair[1].x && (pair[0].y - pair[1].y).abs() < 1e-9)
        );
    }

    #[test]
    fn every_size_has_places() {
        for n in 0..=30 {
            let ring: Vec<_> = (1..n).map(|at| (at - 1, at)).collect();
            let places = places(n, &ring);
            assert!(places.len() == n && places.iter().all(|place| place.x.is_finite() && place.y.is_finite()));
        }
        let apart = places(4, &[(0, 1), (2, 2)]);
        assert!(apart.iter().all(|place| place.x.is_finite() && place.y.is_finite()));
    }
}
