"""From a specification and labelled texts to a trained network: fit, stop and resume, evaluation against baselines."""

import os

# A training works on parts of a batch side by side, each on one core. Inside a part more threads would only wait for each other:
# with them a step took 1.6 times as long on two cores. TensorFlow reads both when it first computes; who has set them keeps them.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))
_IN_TURN = "--xla_cpu_enable_concurrency_optimized_scheduler"  # with it XLA hands both parts to the one thread of its pool
if _IN_TURN not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_IN_TURN}=false".strip()
