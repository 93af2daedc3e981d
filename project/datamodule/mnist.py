"""MNIST, handwritten digits.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proceedings of the IEEE
86(11), 1998; http://yann.lecun.com/exdb/mnist/.
"""

from .idx import IdxFiles
from .idx_images import IdxImages
from .source import Archive

ARCHIVE = Archive(
    name="MNIST",
    variable="MNIST_DIR",
    share="mnist",
    files=IdxFiles.described(
        train=60_000,
        test=10_000,
        sha256=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)


class MNIST(IdxImages):
    """60 000 + 10 000 handwritten digits, 28 x 28 pixels in grey, all of which must be found or downloaded.

    Args:
        data_dir: what torchvision calls `root`: files lie in `data_dir/MNIST/raw/`, and downloads go there.
        batch_size: images a batch, on each process.
        val_size: images held out of the training set for validation, exactly; None holds out one in twelve (5000).
        num_workers: processes that gather batches; 0 gathers them in the training process, which is fast enough here.
        transform: applied to each training image (C, H, W) uint8 on its own, where the batch is made.
        eval_transform: likewise to each image of validation, test and prediction.
        augment: applied to each whole training batch (B, C, H, W) uint8, on the device.
        seed: of the split, of the order of training samples, and of what a transform draws.
    """

    archive = ARCHIVE
    classes: tuple[str, ...] = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    num_channels = 1
    height = 28
    width = 28
    mean = (0.1307,)
    std = (0.3081,)
