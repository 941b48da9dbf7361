"""The technical terms of the lab: what each means in one or two sentences, and its formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One term. pattern: how it stands in a sentence, without regard to capitals; formula: LaTeX, or empty."""

    name: str
    pattern: str
    text: str
    formula: str = ""

    def stands_in(self, sentence: str) -> bool:
        """Whether the sentence uses the term."""
        return re.search(rf"(?<!\w)(?:{self.pattern})(?!\w)", sentence, re.IGNORECASE) is not None


_ALL = (
    Term(
        "accuracy",
        "accurac(?:y|ies)",
        "The share of texts that get the right label.",
        r"\frac{\text{right}}{\text{all}}",
    ),
    Term(
        "activation",
        "activations?|tanh|relu",
        "The bend that a sum goes through before it becomes a state. tanh keeps every number between −1 and 1.",
        r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
    ),
    Term(
        "attention",
        "attention",
        "Every word looks at every other and takes a weighted mean of what they carry. By itself it does not know the order.",
        r"\mathrm{softmax}\!\left(\tfrac{Q K^{\top}}{\sqrt{d}}\right) V",
    ),
    Term(
        "backpropagation through time",
        "backpropagation(?: through time)?|BPTT",
        "The chain rule run from the loss at the end back through every step of the unrolled network.",
        r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L}{\partial h_t}\,\frac{\partial h_t}{\partial h_{t-1}}",
    ),
    Term(
        "bag of words",
        "bags? of words",
        "A model that counts words, or takes the mean of their vectors, and so cannot know their order.",
        r"\frac{1}{T} \sum_{t=1}^{T} x_t",
    ),
    Term(
        "batch",
        "batch(?:es)?",
        "The texts that one step of training looks at together.",
        r"g = \frac{1}{B} \sum_{b=1}^{B} \nabla L_b",
    ),
    Term(
        "cell",
        "cells?",
        "What is done at one time step: it reads a word and the last state, and writes the next.",
        r"h_t = f(x_t, h_{t-1})",
    ),
    Term(
        "cell state",
        "cell states?",
        "The second memory of an LSTM: it is only multiplied and added to, so it can be kept for long.",
        r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t",
    ),
    Term(
        "confidence interval",
        "(?:95 % )?intervals?",
        "A range made so that, over many repetitions, 95 of 100 such ranges hold the true value.",
    ),
    Term(
        "dropout",
        "(?:word )?dropout",
        "Numbers that are switched off by chance in training, so that the network does not lean on any one of them.",
        r"\tilde{x} = \frac{m \odot x}{1 - p},\quad m_i \sim \mathrm{Bernoulli}(1 - p)",
    ),
    Term("embedding", "embeddings?", "A table with one learned vector for each word.", r"x_t = E_{\,w_t}"),
    Term("epoch", "epochs?", "One pass over all training texts."),
    Term(
        "gap",
        "gaps?",
        "How many steps lie between something that must be remembered and the moment at which it is asked for.",
        r"T - t",
    ),
    Term(
        "gate",
        "gates?|gated",
        "A number between 0 and 1 for each unit, which lets something through or holds it back.",
        r"g_t = \sigma(W x_t + U h_{t-1} + b)",
    ),
    Term("gradient", "gradients?", "For every number, how the loss would change if it grew a little.", r"\nabla_\theta L"),
    Term(
        "gradient clipping",
        "(?:gradient )?clipping",
        "A gradient that is too long is shortened before it is followed.",
        r"g \leftarrow g \cdot \min\!\left(1, \tfrac{c}{\lVert g \rVert}\right)",
    ),
    Term(
        "GRU",
        "GRUs?",
        "A recurrent cell with two gates: one mixes the old state with a new one, one decides what of the old goes into it.",
        r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t",
    ),
    Term("held-out", "held[- ]out|holds? out", "Texts that training never sees, kept to measure how good the network is."),
    Term(
        "hidden state",
        "hidden states?",
        "The numbers that a recurrent network hands from one step to the next: all that it knows of what it has read.",
        r"h_t \in \mathbb{R}^{U}",
    ),
    Term("initializer", "initiali[sz]ers?|orthogonal|Glorot", "The rule by which weights are drawn before training."),
    Term(
        "Jacobian",
        "Jacobians?",
        "All derivatives of one state with respect to an earlier one, as a matrix.",
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2)\, U^{\top}",
    ),
    Term(
        "label", "labels?", "What a text is to be answered with, such as “positive”. The network’s own answer is its prediction."
    ),
    Term("layer", "layers?", "A stage of a network; the second layer of two reads the states of the first."),
    Term("learning rate", "learning rates?", "How far one step of training goes.", r"\theta \leftarrow \theta - \eta\, g"),
    Term(
        "log-odds",
        "log-odds|logits?",
        "A probability on a scale without ends: 0 is one half, and each step of 1 multiplies the odds by 2.72.",
        r"\log \frac{p}{1 - p}",
    ),
    Term(
        "logistic regression",
        "logistic regressions?",
        "A model with one weight a word or word pair; their sum becomes a probability.",
        r"p = \sigma(w^{\top} x + b)",
    ),
    Term(
        "loss",
        "loss(?:es)?",
        "How wrong the answers are, as one number that training makes smaller: the mean surprise at the true label.",
        r"L = -\log p_{\text{label}}",
    ),
    Term(
        "LSTM",
        "LSTMs?",
        "A recurrent cell with three gates and a cell state of its own, made to remember for longer.",
        r"h_t = o_t \odot \tanh(c_t)",
    ),
    Term(
        "Lyapunov exponent",
        "Lyapunov exponents?",
        "The rate at which two neighbouring states part (above 0) or come together (below 0), per step.",
        r"\lambda = \lim_{T \to \infty} \tfrac{1}{T} \log \left\lVert \tfrac{\partial h_T}{\partial h_0} \right\rVert",
    ),
    Term("mask", "masks?|masked", "Tells the cell which steps are padding, so that they leave the state as it was."),
    Term(
        "naive Bayes",
        "naive Bayes",
        "Counts how often each word stands under each label, and multiplies as if words were independent.",
        r"p(y \mid w) \propto p(y) \prod_t p(w_t \mid y)",
    ),
    Term("padding", "padding|padded", "Zeros that fill a text up, because all texts of a batch must be equally long."),
    Term(
        "parameter",
        "parameters?",
        "A number that training may change: weights and biases.",
        r"U\,(D + U + 1) \text{ in a SimpleRNN}",
    ),
    Term("pooling", "pooling", "How many states become one: the last, the mean, or the greatest value over the words."),
    Term(
        "precision and recall",
        "precision(?: and recall)?",
        "Of the texts answered with a label, the share that carries it; of those that carry it, the share that was found.",
        r"\frac{\text{rightly so}}{\text{all answered so}},\quad \frac{\text{rightly so}}{\text{all that carry it}}",
    ),
    Term(
        "recurrent kernel",
        "recurrent (?:kernels?|weights?)",
        "The weights that carry the last state into the next.",
        r"h_t = \tanh(W x_t + U h_{t-1} + b)",
    ),
    Term(
        "recurrent network",
        "recurrent networks?|RNNs?",
        "A network with a loop: it reads one step at a time and hands a state on.",
        r"h_t = f(x_t, h_{t-1})",
    ),
    Term("seed", "seeds?", "The number from which all chance is drawn: the same seed gives the same run."),
    Term(
        "sigmoid",
        "sigmoid",
        "Turns any number into one between 0 and 1.",
        r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    ),
    Term(
        "SimpleRNN", "SimpleRNNs?", "The plain recurrent cell of Keras: one sum, one bend.", r"h_t = \tanh(W x_t + U h_{t-1} + b)"
    ),
    Term(
        "softmax",
        "softmax",
        "Turns several numbers into probabilities that add up to 1.",
        r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}",
    ),
    Term(
        "singular value",
        "singular values?",
        "The greatest one says how much a matrix can stretch a vector at most.",
        r"\sigma_{\max}(A) = \max_{\lVert v \rVert = 1} \lVert A v \rVert",
    ),
    Term(
        "spectrum",
        "spectrum|eigenvalues?|spectral radius",
        "The eigenvalues of the recurrent kernel: how it turns and stretches, seen one direction at a time.",
        r"U v = \lambda v",
    ),
    Term("time step", "time steps?", "One place in a sequence: here, one word.", r"t = 1, \dots, T"),
    Term(
        "Transformer",
        "Transformers?",
        "A network without a loop that reads all words at once by attention; their places must be told to it.",
    ),
    Term("unit", "units?", "One number of the hidden state.", r"h_t^{(u)}"),
    Term("unrolled", "unroll(?:ed|s)?", "The loop drawn once for each word, so that time runs across the page."),
    Term("vocabulary", "vocabular(?:y|ies)", "The words that the network knows; all others look the same to it."),
)
TERMS: dict[str, Term] = {term.name: term for term in _ALL}


def terms_in(sentences: list[str]) -> set[str]:
    """The names of all terms that any of the sentences uses."""
    return {term.name for term in _ALL if any(term.stands_in(sentence) for sentence in sentences)}


def entry(term: Term) -> str:
    """A term as Markdown: its name, what it means, and its formula on a line of its own."""
    formula = f"  \n$\\displaystyle {term.formula}$" if term.formula else ""
    return f"**{term.name}** · {term.text}{formula}"


def entries(names: Sequence[str]) -> str:
    """Terms in alphabetical order, as Markdown.

    Raises:
        KeyError: a name that the glossary does not have.
    """
    return "\n\n".join(entry(TERMS[name]) for name in sorted(names, key=str.lower))
