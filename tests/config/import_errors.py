"""Catalogues with mistakes that only the import sees, one a function; their answers are in `import_errors.txt`."""
# pyright: reportUnknownArgumentType=false

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from torch import Tensor, nn
from torch.nn import Parameter
from torch.optim import SGD, Adam, Optimizer
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy

from project.config import (
    Group,
    Presets,
    Spaces,
    choice,
    conf,
    conf_partial,
    integers,
    log_uniform,
    root,
    uniform,
)
from project.model import MLP


def untyped(size, depth: int = 2) -> nn.Module:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return nn.Linear(size, depth)


def optimizer_of(parameters: Iterable[Parameter]) -> Optimizer:
    return SGD(parameters)


def factory() -> nn.Module:
    return MLP(1, 1)


def a_live_object() -> object:
    return Group[nn.Module](
        "model",
        good=conf(MLP)(input_dim=4, output_dim=2),
        live=MLP(input_dim=4, output_dim=2),
    )


def a_class() -> object:
    return Group[nn.Module]("model", naked=MLP)  # type: ignore[arg-type]


def a_function() -> object:
    return Group[nn.Module]("model", naked=factory)  # type: ignore[arg-type]


def a_plain_value() -> object:
    return Group[nn.Module]("model", text="mlp", nothing=None)  # type: ignore[arg-type]


def an_entry_of_the_wrong_kind() -> object:
    return Group[nn.Module]("model", stopping=conf(EarlyStopping)(monitor="val/loss"))  # type: ignore[arg-type]


def a_factory_for_a_whole() -> object:
    return Group[nn.Module]("model", waiting=conf_partial(MLP)(output_dim=3))  # type: ignore[arg-type]


def a_whole_for_a_factory() -> object:
    optimizers = Group[Callable[[Iterable[Parameter]], Optimizer]]
    return optimizers("optimizer", adam=conf(Adam)(params=[]))  # type: ignore[arg-type]


def a_factory_of_the_wrong_kind() -> object:
    optimizers = Group[Callable[[Iterable[Parameter]], Optimizer]]
    return optimizers("optimizer", linear=conf_partial(MLP)(output_dim=2))  # type: ignore[arg-type]


def a_model_for_a_loss() -> object:
    return Group[Callable[[Tensor, Tensor], Tensor]]("loss", mlp=conf(MLP)(input_dim=4, output_dim=2))


def a_misspelt_parameter_that_a_checker_was_told_to_ignore() -> object:
    return Group[nn.Module](
        "model",
        mlp=conf(MLP)(input_dim=4, output_dim=2, hiden_dim=3),  # type: ignore[call-arg]
    )


def every_mistake_at_once() -> object:
    return Group[nn.Module](
        "model",
        one=conf(MLP)(input_dim=4),  # type: ignore[call-arg]
        two=conf(MLP)(4, 2, 3, 4, 5.0, 6),  # type: ignore[call-arg]
        three=conf(MLP)(input_dim="four", output_dim=2),  # type: ignore[arg-type]
    )


def a_live_object_inside_an_entry() -> object:
    return Group[nn.Module]("model", deep=conf(nn.Sequential)(conf(nn.ReLU)(), nn.Linear(2, 2)))


def a_mistake_deep_inside_an_entry() -> object:
    return Group[Trainer](
        "trainer",
        cpu=conf(Trainer)(
            callbacks=[
                conf(EarlyStopping)("val/loss", patiense=3),  # type: ignore[call-arg]
            ]
        ),
    )


def a_required_parameter_without_annotation() -> object:
    return Group[nn.Module]("model", untyped=conf(untyped)(3))


def a_class_that_cannot_be_imported() -> object:
    class Local(nn.Module):
        pass

    return Group[nn.Module]("model", local=conf(Local)())


def a_duplicate_option() -> object:
    Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    return Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=3))


def two_kinds_of_one_group() -> object:
    Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    return Group[LightningModule]("model")


def a_group_without_a_kind() -> object:
    return Group("model", mlp=conf(MLP)(input_dim=4, output_dim=2))


def an_unknown_option() -> object:
    model = Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    return model["mpl"]


def an_unknown_default() -> object:
    model = Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    return model.default("beeg")


def one_default_of_many() -> object:
    metrics = Group[Metric]("metrics", many=True, accuracy=conf(MulticlassAccuracy)(num_classes=2))
    return metrics.default("accuracy")


def many_defaults_of_one() -> object:
    model = Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    return model.defaults("mlp")


def a_root_with_a_live_object() -> object:
    trainers = Group[Trainer]("trainer", cpu=conf(Trainer)())

    @root
    @dataclass
    class Config:
        seed: int
        machine: Trainer = trainers.default("cpu")
        model: nn.Module = MLP(1, 1)

    return Config


def presets_that_do_not_fit() -> object:
    models = Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))
    many = Group[Callback]("callbacks", many=True, stopping=conf(EarlyStopping)(monitor="val/loss"))

    @root
    @dataclass
    class Config:
        model: nn.Module = models.default("mlp")
        callbacks: dict[str, Callback] = many.defaults("stopping")
        seed: int = 1

    return Presets(
        "experiment",
        other=conf(MLP)(input_dim=1, output_dim=2),
        unknown=conf(Config)(modell=conf(MLP)(1, 2)),  # type: ignore[call-arg]
        kind=conf(Config)(model=conf(EarlyStopping)(monitor="val/loss")),  # type: ignore[arg-type]
        live=conf(Config)(model=MLP(1, 2)),
        many=conf(Config)(callbacks=conf(EarlyStopping)(monitor="val/loss")),  # type: ignore[arg-type]
    )


def spaces_that_do_not_fit() -> object:
    models = Group[nn.Module](
        "model", mlp=conf(MLP)(input_dim=4, output_dim=2), deep=conf(MLP)(input_dim=4, output_dim=2, dropout=0.1)
    )
    many = Group[Callback]("callbacks", many=True, stopping=conf(EarlyStopping)(monitor="val/loss"))

    @root
    @dataclass
    class Config:
        model: nn.Module = models.default("mlp")
        callbacks: dict[str, Callback] = many.defaults("stopping")
        seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 1
        mode: Literal["min", "max"] = "max"

    mlp = conf(MLP)(4, 2, hidden_dim=integers(8, 64))
    return Spaces(
        "search",
        path=conf(Config)(model=conf(MLP)(4, 2, hiden_dim=integers(8, 64))),  # type: ignore[call-arg]
        bound=conf(Config)(model=conf(MLP)(4, 2, dropout=uniform(0, 2))),
        seed=conf(Config)(seed=integers(0, 2**32)),
        type=conf(Config)(seed=uniform(1, 9)),  # type: ignore[arg-type]
        literal=conf(Config)(mode=choice("min", "maximum")),  # type: ignore[arg-type]
        component=conf(Config)(model=choice(models["mlp"], conf(EarlyStopping)(monitor="val/loss"))),  # type: ignore[arg-type]
        option=conf(Config)(model=choice(models["mlp"], conf(MLP)(4, 2))),
        inside=conf(Config)(model=choice(models["mlp"], mlp)),
        many=conf(Config)(callbacks=choice(many.defaults("stopping"), {"stopping": many["stopping"]})),
        item=conf(Config)(model=conf(nn.Sequential)(mlp)),
    )


def a_space_where_a_value_belongs() -> object:
    models = Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2))

    @root
    @dataclass
    class Config:
        model: nn.Module = models.default("mlp")
        seed: int = 1

    return Presets("experiment", searched=conf(Config)(seed=integers(1, 9)))


def a_space_in_an_option() -> object:
    return Group[nn.Module]("model", mlp=conf(MLP)(input_dim=4, output_dim=2, hidden_dim=integers(8, 64)))


def a_space_in_a_list() -> object:
    optimizers = Group[Callable[[Iterable[Parameter]], Optimizer]]
    return optimizers("optimizer", adam=conf_partial(Adam)(betas=(uniform(0.5, 0.9), 0.999)))


def bounds_the_wrong_way_round() -> object:
    return uniform(1, 0)


def a_logarithm_of_zero() -> object:
    return log_uniform(0, 1)


def a_step_on_a_logarithmic_scale() -> object:
    return integers(1, 9, step=2, log=True)


def a_choice_of_one() -> object:
    return choice(1)
