"""The science of Unrolled: data, recurrent models, training, lenses and experiments, without a page or a database."""
