"""Learning to give back what came in."""

from typing import final

from torch import Tensor

from .loop import Batch, Loop, Step, inputs_of

# B = batch, ... = the dimensions of one input, such as (C, H, W)


@final
class AutoencoderLoop(Loop[Batch]):
    """The input is the target; batches are inputs, or begin with them, and what follows is left aside.

    Loss and metrics compare numbers, as mse and mae do. Predictions are reconstructions; the codes in between are the
    model's own affair.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return reconstructions in the shape of the inputs, (B, ...), also where the model's output is flat, (B, D).

        Raises:
            ValueError: if the model does not give back as many numbers as it was given.

        """
        output: Tensor = self.model(inputs)
        if output.numel() != inputs.numel():
            raise ValueError(
                f"the model turns inputs of shape {tuple(inputs.shape)} into {tuple(output.shape)}; an autoencoder "
                "gives back as many numbers as it was given: set model.output_dim, or choose another model."
            )
        return output.reshape(inputs.shape)

    def step(self, batch: Batch) -> Step:
        """Reconstruct and compare."""
        inputs = inputs_of(batch)
        prediction: Tensor = self(inputs)
        return Step(prediction, inputs, self.loss(prediction, inputs))
