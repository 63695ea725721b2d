"""What one does in Python for a .pt2: torch.export.load, then torch.onnx.export. Usage: torch_onnx.py MODEL.pt2 OUT.onnx"""

import sys
import warnings

import torch

warnings.filterwarnings("ignore")
program = torch.export.load(sys.argv[1])
torch.onnx.export(program, dynamo=True, verbose=False).save(sys.argv[2], external_data=True)
