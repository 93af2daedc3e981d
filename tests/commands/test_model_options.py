"""Every model of the catalogue on the default images, and models that do not fit these."""

import shlex
from pathlib import Path

import pytest
from command_tables import typed

import configs
from project.config import ConfigError, build
from project.config.launch import refuse_wrong_jobs
from project.preflight import Report, preflight

CLASSIFIERS = [name for name in configs.model.options if name not in {"conv_autoencoder", "resnet18_pretrained"}]
SLOW = {"resnet50", "resnet50_imagenet", "efficientnet_b0", "mobilenet_v3_small", "regnet_y_400mf"}


def tried(line: str) -> Report:
    """What the preflight finds on a command line, in this process."""
    (config,) = refuse_wrong_jobs(shlex.split(line))
    return preflight(build(config.datamodule), build(config.loop))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name in SLOW else ()) for name in CLASSIFIERS]
)
def test_every_classifier_passes_the_preflight_on_the_default_images(name: str) -> None:
    report = tried(f"model={name}")
    assert report.problems == ()
    assert report.unchecked == ()
    assert report.memory is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("model=vit model.patch_size=5", "must be one of 1, 2, 4, 7, 14, 28"),
        ("model=vit model.num_heads=5", "embed_dim must be a multiple of num_heads"),
        ("model=efficientnet_b0 model.name=eficientnet_b1", "Did you mean 'efficientnet_b1'"),
        ("model=resnet18_pretrained model.weights=IMAGENET1K_V3", "Did you mean 'IMAGENET1K_V1'"),
        ("model=resnet18 model.depth=20", r"model.depth: 20 is no 18 \| 34 \| 50"),
        ("model=resnet18 model.stem=imagnet", "Did you mean 'imagenet'"),
        ("model=small_cnn model.dropout=1.5", "model.dropout: 1.5 is out of bounds"),
    ],
)
def test_an_argument_that_cannot_be_is_refused(line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        tried(line)


@pytest.mark.long
def test_images_too_small_for_a_model_are_named_with_the_layer() -> None:
    (problem,) = tried("model=regnet_y_400mf model.name=convnext_tiny").problems
    assert problem.component == "model"
    assert problem.layer == "model.network.features.6.1 (Conv2d)"
    assert "Kernel size can't be greater than actual input size" in problem.message


@pytest.mark.long
def test_weights_that_cannot_be_had_end_a_run_before_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody answers
    done = typed("model=resnet18_pretrained trainer=cpu", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "model: ResNet18_Weights.IMAGENET1K_V1 is not on this machine and cannot be downloaded"
    )
    assert str(tmp_path / "torch/hub/checkpoints/resnet18-f37072fd.pth") in done.stderr
    assert "Traceback" not in done.stderr


def test_the_catalogue_is_right_without_any_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert refuse_wrong_jobs(["model=resnet18_pretrained"])
    assert not list(tmp_path.iterdir())
