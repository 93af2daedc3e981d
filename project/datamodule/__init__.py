"""Datasets as LightningDataModules."""

from .augment import RandomCrop as RandomCrop
from .augment import RandomErasing as RandomErasing
from .augment import RandomHorizontalFlip as RandomHorizontalFlip
from .cifar import CIFAR10 as CIFAR10
from .cifar import CIFAR100 as CIFAR100
from .dataset import DatasetDataModule as DatasetDataModule
from .fake import FakeImages as FakeImages
from .fashion_mnist import FashionMNIST as FashionMNIST
from .fashion_tasks import FashionAttributes as FashionAttributes
from .fashion_tasks import Footwear as Footwear
from .fashion_tasks import RotatedFashionMNIST as RotatedFashionMNIST
from .folder import ImageFolder as ImageFolder
from .image import ImageDataModule as ImageDataModule
from .mnist import MNIST as MNIST
from .supply import BundledDataWarning as BundledDataWarning
from .supply import CorruptDataWarning as CorruptDataWarning
