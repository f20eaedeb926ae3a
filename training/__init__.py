"""How Mondrian Mini, the embedded model, is made: pictures, sentences, training, export and evaluation.

Not part of the application and not in its wheel. ``python -m training.run`` does everything; README.md beside this file
explains it.

Code map
--------
``photos``      the photographs: where they come from, which are held out
``color``       sRGB, linear light, CIELAB
``scenes``      procedural pictures, crops, composites
``sizes``       at which sizes the model sees pictures
``degrade``     what goes wrong with a photo, with known strength; the ladders
``measure``     facts of a picture, from pixels and from known strengths
``rubric``      facts -> scores and classes
``voices``      the sentences, read from ``text/*.toml``
``answers``     facts and advisor -> critique
``topics``      questions without a photo, and their answers
``grammar``     a checker of English for everything above
``dataset``     the precomputed pictures
``tokenizer``   phrase tokens and chat template
``model``       Qwen3-VL in PyTorch, for training
``batches``     pictures and answers -> tensors
``optimizer``   how the weights are stepped
``train``       the three stages, with checkpoints
``export``      weights that transformers and mlx-vlm load
``reference``   ids that the exported weights must give
``exam``        pictures with known faults, from held-out photographs
``claims``      what an answer claims, and whether it contradicts the facts
``figures``     answers and truth -> figures
``evaluate``    the examination, through the application's engine
``card``        the model card
``run``         all of it, one stage after the other
"""
