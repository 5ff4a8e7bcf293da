FROM continuumio/miniconda3
RUN conda install -y numpy pandas && pip install torch==2.3.0 torchvision --index-url https://example.org/whl
RUN ["/bin/bash", "-c", "source activate base && pip install x"]
WORKDIR notebooks
ADD *.ipynb ./
CMD ["jupyter", "lab"]
