//! The fitted weights (`weights.txt`, written by `training/train.py`): a line through the numbers that describe a
//! prompt, and small trees over them.

use super::FEATURES;
use std::sync::LazyLock;

/// One step of a tree.
#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf(f32),
    Split { feature: u16, most: f32, below: u16, above: u16 },
}

/// What was fitted.
pub(crate) struct Weights {
    mean: [f32; FEATURES],
    scale: [f32; FEATURES],
    line: [f32; FEATURES],
    bias: f32,
    base: f32,
    /// Mean and deviation of the gains of all that it was fitted to.
    spread: (f32, f32),
    nodes: Vec<Node>,
    roots: Vec<u16>,
}

/// The weights that ship.
pub(crate) static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| Weights::read(include_str!("weights.txt")));

impl Weights {
    /// Reads what the training wrote. A test proves that what ships can be read; a line that cannot is left out.
    fn read(text: &str) -> Self {
        let mut weights = Self {
            mean: [0.0; FEATURES],
            scale: [1.0; FEATURES],
            line: [0.0; FEATURES],
            bias: 0.0,
            base: 0.0,
            spread: (0.0, 1.0),
            nodes: Vec::new(),
            roots: Vec::new(),
        };
        for line in text.lines() {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let mut numbers = rest.split(' ').map(|n| n.parse::<f32>().unwrap_or_default());
            match name {
                "mean" => fill(&mut weights.mean, numbers),
                "scale" => fill(&mut weights.scale, numbers),
                "line" => {
                    weights.bias = numbers.next().unwrap_or_default();
                    fill(&mut weights.line, numbers);
                }
                "base" => weights.base = numbers.next().unwrap_or_default(),
                "spread" => weights.spread = (numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(1.0)),
                "tree" => {
                    let first = weights.nodes.len() as u16;
                    let nodes: Option<Vec<Node>> = rest.split(' ').map(|node| node_of(node, first)).collect();
                    weights.roots.extend(nodes.is_some().then_some(first));
                    weights.nodes.extend(nodes.unwrap_or_default());
                }
                _ => {}
            }
        }
        weights
    }

    /// The numbers as deviations from what was seen, none far outside of it.
    pub fn scaled(&self, features: &[f32; FEATURES]) -> [f32; FEATURES] {
        std::array::from_fn(|at| ((features[at] - self.mean[at]) / self.scale[at]).clamp(-4.0, 4.0))
    }

    /// How much more a strong model is expected to get right, in deviations from the usual.
    pub fn gain(&self, features: &[f32; FEATURES]) -> f32 {
        let line = self.bias + self.scaled(features).iter().zip(&self.line).map(|(x, w)| x * w).sum::<f32>();
        let trees = self.base + self.roots.iter().map(|root| self.leaf(*root, features)).sum::<f32>();
        (f32::midpoint(line, trees) - self.spread.0) / self.spread.1
    }

    fn leaf(&self, root: u16, features: &[f32; FEATURES]) -> f32 {
        let mut at = root;
        // Children stand behind their parents, so this ends.
        while let Some(node) = self.nodes.get(at as usize) {
            match *node {
                Node::Leaf(value) => return value,
                Node::Split { feature, most, below, above } => {
                    at = if features[feature as usize] <= most { below } else { above };
                }
            }
        }
        0.0
    }
}

fn fill(into: &mut [f32; FEATURES], from: impl Iterator<Item = f32>) {
    for (slot, number) in into.iter_mut().zip(from) {
        *slot = number;
    }
}

/// `=value`, or `feature:most:below:above`.
fn node_of(text: &str, first: u16) -> Option<Node> {
    if let Some(value) = text.strip_prefix('=') {
        return value.parse().ok().map(Node::Leaf);
    }
    let mut fields = text.split(':');
    let feature: u16 = fields.next()?.parse().ok()?;
    let most = fields.next()?.parse().ok()?;
    let below: u16 = fields.next()?.parse().ok()?;
    let above: u16 = fields.next()?.parse().ok()?;
    ((feature as usize) < FEATURES).then_some(Node::Split {
        feature,
        most,
        below: first + below,
        above: first + above,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_that_ship_fit_the_numbers_that_are_computed() {
        let text = include_str!("weights.txt");
        for name in ["mean ", "scale "] {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            assert_eq!(line.split(' ').filter(|n| n.parse::<f32>().is_ok()).count(), FEATURES, "{name}");
        }
        let trees = text.lines().filter(|line| line.starts_with("tree ")).count();
        assert_eq!(WEIGHTS.roots.len(), trees);
        for (at, node) in WEIGHTS.nodes.iter().enumerate() {
            if let Node::Split { below, above, .. } = node {
                assert!(
                    *below as usize > at && (*above as usize) > at && (*above as usize) < WEIGHTS.nodes.len()
                );
            }
        }
    }
}
