"""Which terms of the glossary each page uses, by its heading; a test reads every page and holds this."""

from __future__ import annotations

ON_PAGE: dict[str, tuple[str, ...]] = {
    heading: tuple(names.split(", "))
    for heading, names in (
        (
            "Unrolled",
            "cell, hidden state, label, recurrent network, unrolled",
        ),
        (
            "Build",
            "accuracy, activation, attention, bag of words, batch, cell, dropout, embedding, GRU, hidden state, "
            "initializer, label, layer, loss, LSTM, mask, padding, parameter, recurrent kernel, recurrent "
            "network, sigmoid, SimpleRNN, softmax, time step, Transformer, unit, unrolled, vocabulary",
        ),
        (
            "Word order",
            "accuracy, attention, bag of words, confidence interval, epoch, GRU, held-out, hidden state, label, "
            "loss, LSTM, recurrent network, seed, SimpleRNN, Transformer",
        ),
        (
            "Hidden states",
            "accuracy, activation, cell, cell state, confidence interval, epoch, gate, gradient, GRU, held-out, "
            "hidden state, label, layer, log-odds, LSTM, padding, recurrent network, seed, SimpleRNN, unit, "
            "vocabulary",
        ),
        (
            "Backpropagation",
            "accuracy, activation, backpropagation through time, bag of words, cell state, confidence interval, "
            "gate, gradient, gradient clipping, GRU, held-out, hidden state, initializer, Jacobian, label, layer, "
            "loss, LSTM, Lyapunov exponent, recurrent kernel, recurrent network, seed, SimpleRNN, singular value, "
            "spectrum, time step, unit",
        ),
        (
            "Memory and gap",
            "accuracy, attention, bag of words, batch, cell, gap, gate, gradient, GRU, hidden state, learning rate, LSTM, "
            "parameter, seed, SimpleRNN, time step, Transformer, unit",
        ),
        (
            "Ten questions",
            "attention, bag of words, cell, gate, gradient, GRU, Jacobian, layer, loss, LSTM, recurrent kernel, "
            "recurrent network, SimpleRNN, Transformer, unit",
        ),
        (
            "Train",
            "accuracy, activation, attention, bag of words, batch, confidence interval, dropout, embedding, "
            "epoch, gradient, gradient clipping, GRU, held-out, hidden state, initializer, label, layer, learning "
            "rate, logistic regression, loss, LSTM, mask, naive Bayes, padding, pooling, precision and recall, "
            "recurrent kernel, recurrent network, seed, SimpleRNN, time step, Transformer, unit, vocabulary",
        ),
        (
            "Classify",
            "accuracy, GRU, label, LSTM, SimpleRNN, unit, vocabulary",
        ),
        (
            "Runs",
            "accuracy, bag of words, confidence interval, epoch, held-out, label",
        ),
        (
            "Share",
            "attention, backpropagation through time, bag of words, cell, gap, gate, gradient, GRU, hidden state, Jacobian, "
            "layer, loss, LSTM, recurrent kernel, recurrent network, SimpleRNN, Transformer, unit",
        ),
    )
}
