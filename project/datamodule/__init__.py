"""Datasets as LightningDataModules."""

from .fashion_mnist import FashionMNIST as FashionMNIST
from .image import ImageDataModule as ImageDataModule
from .mnist import MNIST as MNIST
from .supply import BundledDataWarning as BundledDataWarning
from .supply import CorruptDataWarning as CorruptDataWarning
