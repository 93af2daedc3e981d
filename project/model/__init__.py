"""Models: from a batch of inputs to one row of logits an example, or to images again."""

from .beeg_yoshi_mlp import BeegYoshiMLP as BeegYoshiMLP
from .conv_autoencoder import ConvAutoencoder as ConvAutoencoder
from .mlp import MLP as MLP
from .resnet import ResNet as ResNet
from .small_cnn import SmallCNN as SmallCNN
from .torchvision_model import TorchvisionModel as TorchvisionModel
from .vit import ViT as ViT
