"""What remembers and what works in the background: settings, store, queue, worker, bundles."""
