"""What training makes small, and what it counts: cross-entropy with label smoothing, and right answers.

Answers are [B, 1 or K] at the end of a text, or [B, T, 1 or K] at every step; ids [B, T] with zeros where no word stands.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnn_core.spec import PADDING_ID, ModelSpec


def cross_entropies(spec: ModelSpec, smoothing: float, answers: Any, labels: Any) -> Any:
    """Each answer's cross-entropy, [B] or [B, T]."""
    if spec.labels == 2:
        targets = tf.cast(labels, tf.float32) * (1 - smoothing) + smoothing / 2
        targets = tf.reshape(targets, [-1, 1, 1] if len(answers.shape) == 3 else [-1, 1])
        return keras.losses.binary_crossentropy(tf.broadcast_to(targets, tf.shape(answers)), answers)
    targets = tf.one_hot(labels, spec.labels) * (1 - smoothing) + smoothing / spec.labels
    if len(answers.shape) == 3:
        targets = tf.broadcast_to(targets[:, None], tf.shape(answers))
    return keras.losses.categorical_crossentropy(targets, answers)


def answer_weights(spec: ModelSpec, every_step: bool, ids: Any, weights: Any) -> Any:
    """How much each answer counts: as its text does, [..., B]; or at each step, [..., B, T], if it holds a word."""
    if not every_step:
        return weights
    present = tf.cast(tf.not_equal(ids, PADDING_ID), tf.float32) if spec.mask else tf.ones(ids.shape)
    return present * weights[..., None]


def right_answers(spec: ModelSpec, answers: Any, ids: Any, labels: Any, weights: Any) -> Any:
    """Texts of weight 1 whose answer, at their last word, is their label."""
    if len(answers.shape) == 3:
        answers = _at_last_word(answers, ids) if spec.mask else answers[:, -1]
    predicted = tf.cast(answers[:, 0] > 0.5, tf.int32) if spec.labels == 2 else tf.argmax(answers, -1, output_type=tf.int32)
    return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32) * tf.cast(weights, tf.int32))


def _at_last_word(answers: Any, ids: Any) -> Any:
    """The answer [B, 1 or K] at each text's last word, of the answers at every step [B, T, 1 or K]."""
    place = tf.range(ids.shape[1]) * tf.cast(tf.not_equal(ids, PADDING_ID), tf.int32)
    return tf.gather(answers, tf.reduce_max(place, axis=1), batch_dims=1)
