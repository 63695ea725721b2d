"""Trains the network of this example and records what PyTorch says of the held-out images.

Needs torch, onnxscript and scikit-learn. Writes digits.pt2, digits.onnx, image.npy, labels.npy and
probabilities.npy beside itself. Everything is seeded, so that another run gives the same network.
"""

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

HERE = Path(__file__).parent
TRAINING_IMAGES = 1400  # of 1797; the other 397 are held out
EPOCHS = 40


class DigitsNet(nn.Module):
    """Images (batch, 1, 8, 8) in 0..1 to the probabilities of ten digits and the 32 features behind them."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        )
        self.head = nn.Linear(32, 10)

    def forward(self, image):
        features = self.features(image).flatten(1)
        return torch.softmax(self.head(features), -1), features


def load_images():
    """Images and labels, shuffled: (training images, training labels, held-out images, held-out labels)."""
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16.0).astype(np.float32).reshape(-1, 1, 8, 8)
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:TRAINING_IMAGES], order[TRAINING_IMAGES:]
    return images[train], labels[train], images[test], labels[test]


def train(model, images, labels):
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(64):
            probabilities, _ = model(images[batch])
            loss = nn.functional.nll_loss((probabilities + 1e-9).log(), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()


def main():
    torch.manual_seed(0)
    train_images, train_labels, test_images, test_labels = load_images()
    model = DigitsNet()
    train(model, train_images, train_labels)
    with torch.no_grad():
        probabilities, _ = model(torch.from_numpy(test_images))
    print("accuracy", (probabilities.argmax(1).numpy() == test_labels).mean())

    batch = torch.export.Dim("batch")
    example = torch.from_numpy(test_images[:4])
    program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},))
    torch.export.save(program, HERE / "digits.pt2")
    names = ["probabilities", "features"]
    torch.onnx.export(program, dynamo=True, output_names=names, verbose=False).save(HERE / "digits.onnx")
    np.save(HERE / "image.npy", test_images)
    np.save(HERE / "labels.npy", test_labels)
    np.save(HERE / "probabilities.npy", probabilities.numpy())


if __name__ == "__main__":
    main()
