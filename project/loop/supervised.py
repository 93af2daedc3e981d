"""Classification of any kind."""

from collections.abc import Callable, Iterable, Mapping

from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torchmetrics import Metric

from .loop import Loop, Schedule, Step

# B = batch, K = classes


class SupervisedLoop(Loop[tuple[Tensor, Tensor]]):
    """Predictions held against targets; batches are (input, target) pairs.

    Args:
        model: see `Loop`.
        loss: see `Loop`.
        optimizer: see `Loop`.
        scheduler: see `Loop`.
        metrics: see `Loop`.
        mix: blends a training batch with itself, such as torchvision's MixUp and CutMix: from images of (B, C, H, W)
            and labels of (B,) to images and probabilities of (B, K). The loss sees both; metrics hold the prediction
            for the blend against the labels, so that `train/*` are lower than they would be without.

    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        optimizer: Callable[[Iterable[Parameter]], Optimizer],
        scheduler: Schedule,
        metrics: Mapping[str, Metric],
        mix: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> None:
        super().__init__(model, loss, optimizer, scheduler, metrics)
        self.mix = mix

    def step(self, batch: tuple[Tensor, Tensor]) -> Step:
        """Predict and compare; in training mode, mix before."""
        inputs, target = batch
        aim = target
        if self.mix is not None and self.training:
            inputs, aim = self.mix(inputs, target)
        prediction: Tensor = self(inputs)
        return Step(prediction, target, self.loss(prediction, aim))
